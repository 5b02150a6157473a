import { earliestTimeMs, latestTimeMs } from './activity.ts';
import { Failure } from './failure.ts';

/** A stretch of time, half open: `fromMs` is inside, `untilMs` is not. Null: no bound. Milliseconds since 1970, UTC. */
export type Period = { readonly fromMs: number | null; readonly untilMs: number | null };

/** A time as written: its first millisecond, and the first one after the second, minute or day that was written. */
type Written = { readonly ms: number; readonly afterMs: number };

const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/**
 * The period of the wire's `startTime` and `finishTime`. Both are included; a finish given to the second includes that
 * whole second. Throws `parameter_invalid` naming the parameter.
 */
export function periodFromWire(
  start: { name: string; text: string } | null,
  finish: { name: string; text: string } | null,
): Period {
  const from = start === null ? null : timeFrom(start.name, start.text);
  const until = finish === null ? null : timeFrom(finish.name, finish.text);
  // A finish given to the second may be earlier than a start within that second: compare with the end of the second.
  if (from !== null && until !== null && from.ms >= until.afterMs) throw reversed(start?.name, finish?.name);
  return { fromMs: from?.ms ?? null, untilMs: until?.afterMs ?? null };
}

/** The period that includes `from` and excludes `until`. Throws `parameter_invalid` naming the parameter. */
export function periodFromBounds(from: string | null, until: string | null): Period {
  const [first, end] = [
    from === null ? null : timeFrom('from', from),
    until === null ? null : timeFrom('until', until),
  ];
  if (first !== null && end !== null && first.ms > end.ms) throw reversed('from', 'until');
  return { fromMs: first?.ms ?? null, untilMs: end?.ms ?? null };
}

/** An ISO 8601 time; without zone it means UTC. Null when it is not one, or names a date that does not exist. */
export function writtenTime(text: string): Written | null {
  const parts = iso.exec(text.trim());
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = parts;
  const [y, mo, d] = [Number(year), Number(month), Number(day)];
  const [h, mi, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  const midnight = new Date(0);
  midnight.setUTCFullYear(y, mo - 1, d);
  const exists = midnight.getUTCMonth() === mo - 1 && midnight.getUTCDate() === d && h < 24 && mi < 60 && s < 60;
  const offset = offsetMinutes(zone);
  if (!exists || offset === null) return null;
  const ms =
    midnight.getTime() + ((h * 60 + mi - offset) * 60 + s) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return { ms, afterMs: ms + spanMs(hour, second, fraction) };
}

/** An ISO 8601 time that a parameter must be; throws `parameter_invalid` naming the parameter. */
export function timeFrom(name: string, text: string): Written {
  const time = writtenTime(text);
  if (time === null || time.ms < earliestTimeMs || time.ms > latestTimeMs) {
    throw new Failure(
      'parameter_invalid',
      `${name} must be an ISO 8601 time between 1900 and 2299, such as 2026-11-23T17:00:00 (UTC) or 2026-11-23T18:00:00+01:00.`,
    );
  }
  return time;
}

function reversed(fromName = 'from', untilName = 'until'): Failure {
  return new Failure('parameter_invalid', `${fromName} must not be later than ${untilName}; exchange the two.`);
}

function offsetMinutes(zone: string | undefined): number | null {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 18 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function spanMs(hour: string | undefined, second: string | undefined, fraction: string): number {
  if (hour === undefined) return 86_400_000;
  if (second === undefined) return 60_000;
  return fraction === '' ? 1000 : ([100, 10][fraction.length - 1] ?? 1);
}
