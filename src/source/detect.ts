import { isOutsideTable, mostColumnsIn, type Table, tableIn } from './csv/table.ts';

/** A file that cannot be read: what it is, and what to do with it where that is known. */
export type Foreign = { readonly kind: 'foreign'; readonly found: string; readonly advice?: string };

/** What a file is by its first bytes: JSON of some kind, a table, or something that cannot be read. */
export type Shape = { readonly kind: 'json' } | { readonly kind: 'csv'; readonly table: Table } | Foreign;

/** How many bytes are needed at most to recognise a file. */
export const headBytes = 64 * 1024;

/** What is understood, for the sentence that says that a file was not. */
export const understoodKinds =
  'Office 365 Management Activity API records (JSON list or one a line), Purview and Search-UnifiedAuditLog exports ' +
  'with an AuditData column (CSV or JSON), Microsoft Graph auditLogRecord pages, Sentinel OfficeActivity rows, Google ' +
  'Reports API activities and gam report tables, each also gzipped or in a ZIP archive';

export const asCsv = 'save it as CSV UTF-8 and send that';
const unpackFirst = 'unpack it and send the files in it';

const magics: readonly (readonly [bytes: string, found: string, advice?: string])[] = [
  ['%PDF-', 'a PDF document'],
  ['PK\u0005\u0006', 'an empty ZIP archive'],
  ['Rar!', 'a RAR archive', unpackFirst],
  ['7z\u00bc\u00af', 'a 7-Zip archive', unpackFirst],
  ['BZh', 'bzip2 data', unpackFirst],
  ['\u00fd7zXZ', 'xz data', unpackFirst],
  ['\u0028\u00b5\u002f\u00fd', 'Zstandard data', unpackFirst],
  ['\u001f\u008b', 'gzip data inside gzip data', unpackFirst],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Office document, such as an Excel 97 workbook', asCsv],
  ['PAR1', 'a Parquet file', 'save it as JSON Lines or CSV and send that'],
  ['SQLite format 3', 'a SQLite database'],
  ['ElfFile\u0000', 'a Windows event log', 'export the audit log from Purview instead'],
];

/** A JSON text that holds an object or a list, as `ConvertTo-Json` makes of what is JSON already; no header of a CSV. */
const jsonInText = /^"(?:\\[nrt]|\s){0,99}(?:\{|\[(?:\\[nrt]|\s){0,99}[\\{\]])/;

/** `head` is the first `headBytes` of the text, or all of it. */
export function shapeOf(head: Buffer): Shape {
  const bytes = head.toString('latin1');
  if (bytes.startsWith('ustar', 257)) return foreign('a tar archive', unpackFirst);
  if (bytes.startsWith('PK\u0003\u0004')) return packedShape(bytes);
  const magic = magics.find(([start]) => bytes.startsWith(start));
  if (magic !== undefined) return foreign(magic[1], magic[2]);
  const text = head.toString('utf8').trimStart();
  if (text === '') return foreign('an empty file');
  if (isOwnManifest(text)) return foreign(ownManifest);
  if (text.startsWith('{') || text.startsWith('[') || jsonInText.test(text)) return { kind: 'json' };
  if (bytes.includes('\u0000')) return foreign('binary data');
  if (/^<(!doctype html|html)/i.test(text)) return foreign('an HTML page');
  if (/^<[?!a-z_]/i.test(text)) return foreign('XML');
  return csvShape(text) ?? linesShape(text);
}

export function foreign(found: string, advice?: string): Foreign {
  return advice === undefined ? { kind: 'foreign', found } : { kind: 'foreign', found, advice };
}

/** A ZIP archive inside something else, by the names that lie near its beginning. */
function packedShape(bytes: string): Foreign {
  if (bytes.includes('[Content_Types].xml') || bytes.includes('xl/')) return foreign('an Excel workbook', asCsv);
  if (bytes.includes('opendocument')) return foreign('an OpenDocument file', asCsv);
  return foreign('a ZIP archive inside another file', unpackFirst);
}

export const ownManifest = "the manifest of one of Trailport's reports";

function isOwnManifest(text: string): boolean {
  return /^\{\s{0,9}"manifestVersion"\s{0,9}:\s{0,9}\d{1,3},\s{0,9}"report"/.test(text);
}

/** A table begins with a header that is known; PowerShell and Excel write a line above it. */
function csvShape(text: string): Shape | null {
  let from = 0;
  let line = lineAt(text, from);
  while (line.text !== '' && isOutsideTable(line.text)) {
    from = line.next;
    line = lineAt(text, from);
  }
  const header = line.text;
  const table = tableIn(header);
  const endsInCrAlone = text[from + header.length] === '\r' && text[from + header.length + 1] !== '\n';
  if (table !== null && endsInCrAlone && text.slice(from).trimEnd().length > header.length) {
    return foreign('a CSV whose lines end in CR alone', 'save it with CRLF or LF line ends and send it again');
  }
  if (table !== null) return { kind: 'csv', table };
  const screen = screenOutput(text);
  if (screen !== null) return screen;
  if (hasLineOfJson(text)) return null;
  if (hasJsonBehindText(header)) return foreign(jsonBehindText, 'send the JSON alone, one record a line');
  const columns = mostColumnsIn(header);
  if (columns === 1) return null;
  if (/Time \(UTC\)/.test(header) && header.includes('Activity ID')) {
    return foreign("one of Trailport's CSV reports", 'export it as JSON Lines and send that');
  }
  return foreign(`a CSV of ${columns} columns without one named AuditData`);
}

/** What PowerShell shows on the screen. Long values are cut off there, so it is not an export. */
function screenOutput(text: string): Foreign | null {
  const isList = /^(?:AuditData|CreationDate|UserIds|Operations|RecordType|ResultIndex) {0,99}: /m.test(text);
  const isTable = /^-{2,200} {1,200}-{2,200}(?: |\r|$)/m.test(text);
  if (!isList && !isTable) return null;
  return foreign(
    'the screen output of PowerShell (Format-List or Format-Table)',
    'write the records with Export-Csv or ConvertTo-Json -Depth 20 and send that',
  );
}

const jsonBehindText = 'text with JSON behind other text, such as the head of a syslog line';

function hasJsonBehindText(line: string): boolean {
  const from = line.indexOf('{');
  return from > 0 && isJson(line.slice(from));
}

function lineAt(text: string, from: number): { readonly text: string; readonly next: number } {
  let end = from;
  while (end < text.length && text[end] !== '\r' && text[end] !== '\n') end++;
  const next = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
  return { text: text.slice(from, end), next };
}

/** Lines of JSON of which the first is broken. */
function linesShape(text: string): Shape {
  if (hasLineOfJson(text)) return { kind: 'json' };
  return foreign(isJson(text.split('\n', 1)[0]!) ? bareValues : 'text that is neither JSON nor CSV');
}

const bareValues = 'JSON of bare values such as a text, a number or null, with no object';

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function hasLineOfJson(text: string): boolean {
  return /^[ \t]{0,99}[{[]/m.test(text);
}
