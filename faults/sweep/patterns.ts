/** A long text: `start`, then `unit` again and again up to a length, then `end`. */
export type Pattern = { readonly start: string; readonly unit: string; readonly end: string };

const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const beyondAscii = [
  '\0',
  '\t',
  '\n',
  '\r',
  '\x7f',
  '\x85',
  '\u00a0',
  'é',
  'İ',
  'ß',
  '例',
  '\u2028',
  '\ufeff',
  '\u0301',
  '😀',
];
const pairs = [
  'a,',
  ', ',
  'a=',
  'a&',
  'a=b&',
  '; ',
  'a;',
  '""',
  '"",',
  '\\"',
  '[]',
  '{}',
  '()',
  '<>',
  '//',
  '/.',
  '../',
  '\\\\',
];
const words = [
  '%00',
  '%25',
  '%2F',
  '%2525',
  '%C3%A9',
  '%zz',
  'T0',
  '2026-',
  'no-cache,',
  '*/*,',
  'q=0;',
  'W/"a",',
  '0-1,',
];

/** How texts of the grammars begin that the service reads. */
const starts = [
  'bytes=',
  'bytes=0-1,',
  'wait=',
  'wait="',
  'W/"',
  'https://',
  'C:\\',
  '2026-11-23T17:00:00',
  'T',
  '%25',
  'Basic ',
  'Bearer ',
  'Bearer ey',
  'eyJhbGciOiJSUzI1NiJ9.',
  'application/problem+json;',
  'multipart/form-data; boundary=',
  'no-cache',
  '"',
  '[',
  '{',
  '{"a":',
  '-----BEGIN CERTIFICATE-----',
];
const afterStarts = [' ', '\t', '/', '0', 'a', '"', ',', '=', '.', '-', '%', '[', '\\'];

/** Plain text: what everything else is compared with. */
export const plain: Pattern = { start: '', unit: 'a', end: '' };

/** Every pattern, or a tenth of them that has each kind: each unit alone, and each start with the units most likely to hurt. */
export function patterns(whole: boolean): readonly Pattern[] {
  const units = [...ascii, ...beyondAscii, ...pairs, ...words];
  const alone = units.map((unit) => ({ start: '', unit, end: 'x' }));
  const after = whole ? units : afterStarts;
  const begun = starts.flatMap((start) => after.map((unit) => ({ start, unit, end: '!' })));
  if (whole) return [...alone, ...begun];
  // Coprime to the number of units after a start, so that every start and every unit comes up.
  return [...alone.filter(({ unit }) => !/^[b-zB-SU-Y1-9]$/.test(unit)), ...begun.filter((_, i) => i % 9 === 0)];
}

/** The text of a pattern in UTF-16 units, at most `length` unless one unit is longer. */
export function textOf({ start, unit, end }: Pattern, length: number): string {
  const times = Math.max(1, Math.floor((length - start.length - end.length) / unit.length));
  return start + unit.repeat(times) + end;
}

/** How a pattern is shown. */
export function shown({ start, unit, end }: Pattern): string {
  return `${JSON.stringify(start)} + ${JSON.stringify(unit)} … + ${JSON.stringify(end)}`;
}
