import { parse } from 'csv-parse/sync';
import type { Header } from './csv/csv-records.ts';

/** What a file is by its first bytes: JSON of some kind, an export's CSV, or something that is not ours. */
export type Shape =
  | { readonly kind: 'json' }
  | { readonly kind: 'csv'; readonly header: Header }
  /** `advice`: what to do, where that is something else than to send a file of another kind. */
  | { readonly kind: 'foreign'; readonly found: string; readonly advice?: string };

/** How many bytes it takes to tell, at most. */
export const headBytes = 64 * 1024;

/** What is understood, for the sentence that says that a file was not. */
export const understoodKinds =
  'Office 365 Management Activity API records (JSON list or one a line), Purview and Search-UnifiedAuditLog exports ' +
  'with an AuditData column (CSV or JSON), Microsoft Graph auditLogRecord pages and Google Reports API activities, ' +
  'each also gzipped';

const magics: readonly (readonly [bytes: string, found: string])[] = [
  ['%PDF-', 'a PDF document'],
  ['PK\u0003\u0004', 'a ZIP archive or an Excel workbook'],
  ['PK\u0005\u0006', 'an empty ZIP archive'],
  ['7z\u00bc\u00af', 'a 7-Zip archive'],
  ['BZh', 'bzip2 data'],
  ['\u00fd7zXZ', 'xz data'],
  ['\u0028\u00b5\u002f\u00fd', 'Zstandard data'],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Office document'],
  ['PAR1', 'a Parquet file'],
  ['SQLite format 3', 'a SQLite database'],
];

/** Two ASCII characters of 16 bits each, of either byte order (RFC 4627 §3 told encodings so). */
const utf16 = /^(?:(?:[\t\n\r -~]\0){2}|(?:\0[\t\n\r -~]){2})/;
const asUtf8 = 'save it as UTF-8, or as UTF-16 with the mark, and send it again';
const withLineFeeds = 'save it with CRLF or LF line ends and send it again';

/** `head` is the first `headBytes` of the text, or all of it. */
export function shapeOf(head: Buffer): Shape {
  const bytes = head.toString('latin1');
  const magic = magics.find(([start]) => bytes.startsWith(start));
  if (magic !== undefined) return { kind: 'foreign', found: magic[1] };
  if (utf16.test(bytes)) return { kind: 'foreign', found: 'UTF-16 text without a byte order mark', advice: asUtf8 };
  const text = head.toString('utf8').trimStart();
  if (text === '') return { kind: 'foreign', found: 'an empty file' };
  if (text.startsWith('{') || text.startsWith('[')) return { kind: 'json' };
  if (bytes.includes('\u0000')) return { kind: 'foreign', found: 'binary data' };
  if (/^<(!doctype html|html)/i.test(text)) return { kind: 'foreign', found: 'an HTML page' };
  if (text.startsWith('<')) return { kind: 'foreign', found: 'XML' };
  return csvShape(text) ?? linesShape(text);
}

/** An export's header has an AuditData column; Windows PowerShell writes a `#TYPE` line above it. */
function csvShape(text: string): Shape | null {
  // A CR alone ends a line too, so that a file of such lines is known for what it is.
  const rows = text.replace(/^#TYPE[^\r\n]*(?:\r\n?|\n)/, '');
  const [, first = '', end] = /^([^\r\n]*)(\r\n?)?/.exec(rows)!;
  const bareCr = end === '\r' && rows.trimEnd().length > first.length;
  let most = 1;
  for (const delimiter of [',', ';', '\t']) {
    const columns = cellsOf(first, delimiter).map((column) => ours.get(column.trim().toLowerCase()) ?? column.trim());
    if (columns.includes('AuditData') && bareCr)
      return { kind: 'foreign', found: 'a CSV whose lines end in CR alone', advice: withLineFeeds };
    if (columns.includes('AuditData')) return { kind: 'csv', header: { columns, delimiter } };
    most = Math.max(most, columns.length);
  }
  if (most === 1 || looksLikeLines(text)) return null;
  return { kind: 'foreign', found: `a CSV of ${most} columns without one named AuditData` };
}

/** The columns that are read, so that another spelling of case is no other column. */
const ours = new Map(
  [
    'AuditData',
    'CreationDate',
    'RecordId',
    'Identity',
    'RecordType',
    'UserId',
    'UserIds',
    'Operation',
    'Operations',
  ].map((column) => [column.toLowerCase(), column]),
);

function cellsOf(line: string, delimiter: string): string[] {
  try {
    const rows: string[][] = parse(line, { delimiter, relax_quotes: true });
    return rows[0] ?? [];
  } catch {
    return [];
  }
}

/** Lines of JSON of which the first is broken. */
function linesShape(text: string): Shape {
  if (looksLikeLines(text)) return { kind: 'json' };
  return { kind: 'foreign', found: isJson(text.split('\n', 1)[0]!) ? bareValues : 'text that is neither JSON nor CSV' };
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

function looksLikeLines(text: string): boolean {
  return /^\s*[{[]/m.test(text);
}
