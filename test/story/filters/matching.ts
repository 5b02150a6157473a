import { isIP } from 'node:net';
import type { Plain } from '../naive.ts';

/** Filters of an export, a page, a summary or a count. An empty list, null and '' filter nothing. */
export type Question = {
  readonly source: Plain['source'];
  readonly users: readonly string[];
  readonly object: string | null;
  /** Milliseconds since 1970; `untilMs` is outside. */
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  readonly eventTypes: readonly string[];
  readonly clientIps: readonly string[];
  readonly recordTypes: readonly string[];
  readonly services: readonly string[];
  readonly results: readonly string[];
  readonly text: string;
};

export const wholeSource = (source: Plain['source']): Question => ({
  source,
  users: [],
  object: null,
  fromMs: null,
  untilMs: null,
  eventTypes: [],
  clientIps: [],
  recordTypes: [],
  services: [],
  results: [],
  text: '',
});

/** The records that a question means, in the order of a report. None of the program's code is used. */
export function matching(records: readonly Plain[], asked: Question): Plain[] {
  const among = (values: readonly string[], keyOf: (text: string) => string) => {
    const keys = new Set(values.map(keyOf));
    return (text: string) => keys.size === 0 || keys.has(keyOf(text));
  };
  const [user, activity] = [among(asked.users, folded), among(asked.eventTypes, folded)];
  const [recordType, service] = [among(asked.recordTypes, folded), among(asked.services, folded)];
  const [result, address] = [among(asked.results, folded), among(asked.clientIps, addressKey)];
  const text = folded(asked.text);
  const found = records.filter((one) => {
    const ms = Date.parse(one.time);
    return (
      one.source === asked.source &&
      (asked.fromMs === null || ms >= asked.fromMs) &&
      (asked.untilMs === null || ms < asked.untilMs) &&
      user(one.user) &&
      (asked.object === null || isUnder(one.object, asked.object)) &&
      activity(one.activity) &&
      address(one.clientIp) &&
      recordType(one.recordType) &&
      service(one.service) &&
      result(one.result) &&
      (text === '' || [one.item, one.object, decoded(one.object)].some((said) => folded(said).includes(text)))
    );
  });
  return found.sort((a, b) => (a.time < b.time || (a.time === b.time && a.id < b.id) ? -1 : 1));
}

/** Without regard to case; composed, and with one lower-case sigma. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase().replaceAll('ς', 'σ');
}

/** Whether an export of the object `asked` takes activities on `object`. */
function isUnder(object: string, asked: string): boolean {
  const [path, folder] = [pathOf(object), pathOf(asked)];
  return folder === null || path === null ? object === asked : path.startsWith(folder);
}

/** A path as it is compared, ending with one slash; null for what is compared exactly. */
export function pathOf(object: string): string | null {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(object)) return closed(folded(decoded(object)));
  if (/^[a-z]:([\\/]|$)/i.test(object) || /^[\\/]{2,}[^\\/]/.test(object)) {
    const slashes = folded(object).split(/[\\/]+/);
    // The prefix of extended-length paths: `\\?\C:\…`, `\\?\UNC\server\…`.
    if (slashes[0] === '' && slashes[1] === '?')
      slashes.splice(0, slashes[2] === 'unc' ? 3 : 2, ...(slashes[2] === 'unc' ? [''] : []));
    return closed(slashes.join('/'));
  }
  if (/^([a-z0-9-]+\.)+[a-z][a-z0-9-]*\/[^;]*$/i.test(object)) return closed(folded(object));
  return null;
}

function closed(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return `${path.slice(0, end)}/`;
}

/** Three layers of percent-encoding taken off, unless what is left is no UTF-8. */
function decoded(text: string): string {
  let bytes: Buffer = Buffer.from(text);
  for (let layer = 0; layer < 3; layer++) bytes = decodedOnce(bytes);
  const plain = bytes.toString('utf8');
  return Buffer.from(plain).equals(bytes) ? plain : text;
}

function decodedOnce(bytes: Buffer): Buffer {
  const plain: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const digits = bytes.toString('latin1', i + 1, i + 3);
    const isEncoded = bytes[i] === 0x25 && /^[0-9a-f]{2}$/i.test(digits);
    plain.push(isEncoded ? Number.parseInt(digits, 16) : bytes[i]!);
    if (isEncoded) i += 2;
  }
  return Buffer.from(plain);
}

/** One text for every spelling of an address; an IPv4-mapped IPv6 address is the IPv4 address. */
export function addressKey(address: string): string {
  const bare = /^\[(.+)\](:\d+)?$/.exec(address)?.[1] ?? /^([^:]+):\d+$/.exec(address)?.[1] ?? address;
  if (isIP(bare) !== 6) return bare.toLowerCase();
  // The WHATWG URL Standard has one spelling for each address.
  const short = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
