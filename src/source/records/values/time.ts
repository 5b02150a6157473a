import { earliestTimeMs, latestTimeMs } from '../../../domain/activity.ts';
import { writtenTime } from '../../../domain/period.ts';
import type { DateOrder, Shown } from './date-order.ts';
import { firstText, isObject, type JsonObject, text, type Unusable } from './member.ts';

/** A longer text is not a time. */
const mostCharacters = 100;

/** Milliseconds since 1970 of a member that holds a time, or why not. Times without zone are UTC. */
export function timeFrom(member: string, value: unknown, order: DateOrder): number | Unusable {
  const written = textOf(value);
  if (written === '') return { reason: `The record has no ${member}; expected a time such as 2026-11-23T17:00:00.` };
  const timeMs = written.length > mostCharacters ? null : timeOf(written, order);
  if (timeMs === null) {
    return { reason: `${member} is not a valid time; expected ISO 8601 such as 2026-11-23T17:00:00 (UTC).` };
  }
  if (typeof timeMs === 'string') return { reason: eitherWay(member, timeMs) };
  if (timeMs < earliestTimeMs || timeMs > latestTimeMs) {
    return { reason: `${member} is not between the years 1900 and 2299; expected a time that can be kept.` };
  }
  return timeMs;
}

/** Notes what a date shows of the file's order, where its time is not needed. */
export function seeDate(value: unknown, order: DateOrder): void {
  if (typeof value === 'string' && value.length <= mostCharacters) timeOf(value, order, true);
}

function eitherWay(member: string, shown: Shown): string {
  const why = shown === 'both' ? 'dates of the file show both orders' : 'no date of the file shows which';
  return `${member} can be read as day or month first and ${why}; expected ISO 8601 such as 2026-11-23T17:00:00, or a file with one date above the twelfth in one order.`;
}

/**
 * Windows PowerShell's `ConvertTo-Json` writes a time as `{"value": "/Date(…)/", "DateTime": "…"}`, and objects that
 * are nested too deep as `@{value=/Date(…)/; DateTime=…}`. `$date` is MongoDB's.
 */
function textOf(value: unknown): string {
  if (isObject(value)) return text(firstMember(value));
  const written = text(value).trim();
  if (!written.startsWith('@{') || written.length > 1000) return written;
  const member = /[{;] ?value=([^;}]*)/i.exec(written) ?? /[{;] ?DateTime=([^;}]*)/i.exec(written);
  return member === null ? written : member[1]!.trim();
}

function firstMember(value: JsonObject): string {
  return firstText(value.value, value.Value, value.DateTime, value.dateTime, value.$date);
}

function timeOf(written: string, order: DateOrder, onlySee = false): number | null | Shown {
  const trimmed = written.trim();
  return (
    usualTime(trimmed) ??
    ticks(trimmed) ??
    writtenTime(trimmed)?.ms ??
    yearFirst(trimmed) ??
    numbered(trimmed, order, onlySee) ??
    named(trimmed)
  );
}

/** Days of each month, and of February in a leap year. */
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const ZULU = 0x5a;

/**
 * The forms that nearly all records have, `2026-03-05T08:44:12` with or without a fraction and `Z`, read without a regular
 * expression. Null for every other text, also for one that is no time.
 */
function usualTime(text: string): number | null {
  const { length } = text;
  const separator = text.charCodeAt(10);
  if (length < 19 || (separator !== 0x54 && separator !== 0x20)) return null;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return null;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return null;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  if (!(year >= 1900 && month >= 1 && month <= 12 && day >= 1 && hour < 24 && minute < 60 && second < 60)) return null;
  if (day > monthDays[month - 1]! + (month === 2 && isLeap(year) ? 1 : 0)) return null;
  const end = text.charCodeAt(length - 1) === ZULU ? length - 1 : length;
  let milliseconds = 0;
  if (end > 19) {
    if (text.charCodeAt(19) !== DOT || end === 20 || end > 29) return null;
    const fraction = digits(text, 20, end);
    if (Number.isNaN(fraction)) return null;
    milliseconds = Math.floor((fraction * 1000) / 10 ** (end - 20));
  }
  return Date.UTC(year, month - 1, day, hour, minute, second) + milliseconds;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** The number that these digits are; NaN when one of them is no digit. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** .NET's `/Date(1741969603000+0100)/`, with `\/` where JSON was not unescaped. The number is UTC whatever the zone. */
function ticks(written: string): number | null {
  const found = /^\\?\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?\/$/.exec(written);
  return found === null ? null : Number(found[1]);
}

const clock = String.raw`(?:,?[ \u00a0\u202f]{1,2}(\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?)[ \u00a0\u202f]?(?:([AP])\.?[ \u00a0\u202f]?M\.?)?)?(?: ?(?:Z|UTC|GMT|[+-]00:?00))?$`;
const yearFirstDate = new RegExp(String.raw`^(\d{4})([/.-])(\d{1,2})\2(\d{1,2})${clock}`, 'i');
const numberedDate = new RegExp(String.raw`^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})${clock}`, 'i');
const namedDate = new RegExp(
  String.raw`^(?:[a-z]{6,9}, )?(?:([a-z]{3,9}) (\d{1,2}),?|(\d{1,2}) ([a-z]{3,9}),?) (\d{4})${clock}`,
  'i',
);
const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

/** `2026/3/5 8:44:12`, as Japanese and Chinese machines write it. */
function yearFirst(written: string): number | null {
  const found = yearFirstDate.exec(written);
  return found === null ? null : utc(found[1]!, found[3]!, found[4]!, found[5], found[6]);
}

/**
 * `3/14/2025 4:26:43 PM`, `14/03/2025 16:26:43`, `14.03.2025 16:26`. No country writes months first with full stops.
 */
function numbered(written: string, order: DateOrder, onlySee: boolean): number | null | Shown {
  const found = numberedDate.exec(written);
  if (found === null) return null;
  const [, first, separator, second, year, hours, half] = found;
  const [a, b] = [Number(first), Number(second)];
  if (separator === '.') return utc(year!, second!, first!, hours, half);
  order.see(a, b);
  if (onlySee) return null;
  const shown = a > 12 ? 'day first' : b > 12 || a === b ? 'month first' : order.forDate();
  if (shown === 'neither' || shown === 'both') return shown;
  return shown === 'day first' ? utc(year!, second!, first!, hours, half) : utc(year!, first!, second!, hours, half);
}

/** `Thursday, March 5, 2026 8:44:12 AM`, `5 March 2026 08:44:12`: PowerShell's DateTime. */
function named(written: string): number | null {
  const found = namedDate.exec(written);
  if (found === null) return null;
  const [, monthBefore, dayAfter, dayBefore, monthAfter, year, hours, half] = found;
  const month = months.indexOf((monthBefore ?? monthAfter)!.slice(0, 3).toLowerCase()) + 1;
  return utc(year!, String(month), (dayAfter ?? dayBefore)!, hours, half);
}

function utc(year: string, month: string, day: string, hours = '0:00', half = ''): number | null {
  const [hour = '', minute = '', second = '00', fraction = '0'] = hours.split(/[:.,]/);
  const h = Number(hour);
  if (half !== '' && (h < 1 || h > 12)) return null;
  const hour24 = half === '' ? h : (h % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  const two = (number: string | number) => String(number).padStart(2, '0');
  return writtenTime(`${year}-${two(month)}-${two(day)}T${two(hour24)}:${minute}:${second}.${fraction}`)?.ms ?? null;
}
