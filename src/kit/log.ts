import { isatty } from 'node:tty';
import { type LoggerOptions, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger } from 'pino';

const standardError = 2;

/**
 * A log on standard error: one JSON object a line, or lines for people where it is a terminal. Events are named in
 * `event`; the rest are ids and counts, never content.
 */
export function openLog(level: string, role: string) {
  const options: LoggerOptions = {
    level,
    base: { role },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const output = isatty(standardError)
    ? prettyOutput(standardError)
    : pino.destination({ dest: standardError, sync: true });
  return pino(options, output);
}

/** `14:05:09.120 INFO  worker job_finished  job=7 rows=24`, in local time; colours unless NO_COLOR is set. */
export function prettyOutput(destination: number | NodeJS.WritableStream) {
  const fact = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return PinoPretty({
    destination,
    sync: true,
    colorize: (process.env.NO_COLOR ?? '') === '' && typeof destination === 'number',
    messageKey: 'event',
    translateTime: 'SYS:HH:MM:ss.l',
    // The facts are part of the line; an error below it keeps its stack.
    hideObject: true,
    // The library prints the process id (of a worker that starts) behind the level.
    messageFormat: ({ event, role, level, time, pid, err, ...facts }) => {
      const pairs = Object.entries(facts).map(([name, value]) => `${name}=${fact(value)}`);
      const { type, message } = (err ?? {}) as { type?: string; message?: string };
      if (type !== undefined) pairs.push(`error=${type}${message === undefined ? '' : `: ${message}`}`);
      return `${role} ${event}${pairs.length === 0 ? '' : `  ${pairs.join(' ')}`}`;
    },
  });
}
