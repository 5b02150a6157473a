import { pino } from 'pino';

export type { Logger } from 'pino';

/** One JSON object a line on standard error. Events are named in `event`; ids and counts only, never content. */
export function openLog(level: string, role: string) {
  return pino(
    { level, base: { role }, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
