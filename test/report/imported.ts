import { strict as assert } from 'node:assert';
import { gzipSync } from 'node:zlib';
import type { Activity } from '../../src/domain/activity.ts';
import type { textColumns } from '../../src/domain/columns.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { followed, readRecords } from '../../src/source/source.ts';
import type { Harness } from './harness.ts';

/** A text for each text column; lone surrogates may occur. */
export type Texts = Readonly<Record<(typeof textColumns)[number], string>>;

/** A record of a service: texts by member name. */
type Members = Readonly<Record<string, string>>;

/** The row that a report must have for a record, and the record as it can be read from its file. */
export type Imported = { readonly expected: Activity; readonly record: Members };

/** Turns records into a file of one kind, and returns the text of each record in it. */
type Wrapper = (records: readonly Members[]) => { readonly file: Buffer; readonly raws: readonly string[] };

const wrappers: readonly Wrapper[] = [
  // Gzipped, one a line, lone surrogates as escapes (`\ud800`), which is how JSON.stringify writes them.
  (records) => {
    const raws = records.map((one) => JSON.stringify(one));
    return { file: gzipSync(raws.join('\n')), raws };
  },
  // ASCII only: every other character is an escape, and the original record keeps the escapes.
  (records) => {
    const raws = records.map((one) => JSON.stringify(one).replace(/[\u007f-\uffff]/g, escapeOf));
    return { file: Buffer.from(raws.join('\r\n')), raws };
  },
  // An indented content blob: each record becomes one line.
  (records) => ({
    file: Buffer.from(JSON.stringify(records, null, '\t').replaceAll('\n', '\r\n')),
    raws: records.map((one) => JSON.stringify(one)),
  }),
  // The portal's CSV; the other columns are empty.
  (records) => {
    const raws = records.map((one) => JSON.stringify(one));
    const rows = raws.map((one) => `,,,"${one.replaceAll('"', '""')}"\r\n`);
    return { file: Buffer.from(`\ufeffCreationDate,UserIds,Operations,AuditData\r\n${rows.join('')}`), raws };
  },
  // A page of Graph.
  (records) => {
    const raws = records.map((auditData, i) => JSON.stringify({ id: `row ${i}`, clientIp: null, auditData }));
    return { file: Buffer.from(`{"@odata.context":"x","value":[${raws.join(',')}]}`), raws };
  },
  asUtf16,
];

/**
 * Imports records with these texts, in files of every kind in turn; returns the rows that reports must have, in their
 * order. `timeFor` gives the time of a record by its number, in ms since 1970.
 */
export async function imported(
  harness: Harness,
  texts: readonly Texts[],
  timeFor = (i: number) => Date.UTC(2026, 0, 1) + i * 1001,
): Promise<{ tenant: TenantId; rows: readonly Imported[] }> {
  const records = withOwnIds(texts.map(possible)).map((one, i) => ({ texts: one, timeMs: timeFor(i) }));
  const tenant = await harness.keep([]);
  const store = await harness.store();
  const rows: Imported[] = [];
  for (const [i, wrapper] of wrappers.entries()) {
    const mine = records.filter((_, j) => j % wrappers.length === i);
    const written = mine.map(({ texts, timeMs }) => recordOf(texts, timeMs));
    const { file, raws } = wrapper(written);
    const activities: Activity[] = [];
    for await (const batch of readRecords(
      followed(file.length, () => inPieces(file)),
      { recordBytes: 2 ** 25, inflatedBytes: 2 ** 30, entries: 1 },
    )) {
      for (const item of batch) {
        assert.ok(item.kind === 'activity', 'no record is set aside');
        activities.push(item.activity);
      }
    }
    assert.equal(activities.length, mine.length);
    await store.add(tenant, (i + 1) as JobId, activities);
    const readable = wrapper === asUtf16 ? written.map(wellFormed) : written;
    rows.push(...mine.map((one, j) => ({ expected: expectedOf(one, raws[j]!), record: readable[j]! })));
  }
  return { tenant, rows: rows.sort(inOrder) };
}

/** UTF-16 with lone surrogates in the file itself; they are U+FFFD in the original record too. */
function asUtf16(records: readonly Members[]): ReturnType<Wrapper> {
  const texts = records.map((one) => JSON.stringify(one).replace(/\\(?:u(d[89a-f]..)|.)/g, literalSurrogate));
  return { file: Buffer.from(`\ufeff${texts.join('\n')}`, 'utf16le'), raws: texts.map((one) => one.toWellFormed()) };
}

function wellFormed(record: Members): Members {
  return Object.fromEntries(Object.entries(record).map(([name, text]) => [name, text.toWellFormed()]));
}

/** A record of the Management Activity API: one member for each column. */
function recordOf(texts: Texts, timeMs: number): Members {
  return {
    Id: texts.activityId,
    CreationTime: new Date(timeMs).toISOString(),
    RecordType: texts.recordType,
    Operation: texts.activity,
    UserType: texts.userType,
    Workload: texts.service,
    UserId: texts.user,
    ObjectId: texts.object,
    ResultStatus: texts.result,
    ClientIP: texts.clientIp,
    UserAgent: texts.userAgent,
    SiteUrl: texts.site,
    ItemType: texts.itemType,
    SourceFileName: texts.item,
  };
}

/** The rules of docs/report.md for each column, written a second time. A report may change a record only in these ways. */
function expectedOf({ texts, timeMs }: { texts: Texts; timeMs: number }, raw: string): Activity {
  const kept = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, keptOf(text)])) as Texts;
  return { ...kept, clientIp: addressOf(kept.clientIp), source: 'microsoft365', timeMs, raw };
}

/** Graph writes `__NULL__` for an empty value; a lone surrogate is not a character. */
function keptOf(text: string): string {
  return text === '__NULL__' ? '' : text.toWellFormed();
}

/** An address without the space around it, brackets and port. */
function addressOf(text: string): string {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) return /^\[([^\]]*)\](?::\d*)?$/.exec(trimmed)?.[1] ?? trimmed;
  return /^([^:]+):\d*$/.exec(trimmed)?.[1] ?? trimmed;
}

/** Type numbers get names, and a record without an item takes the name of its object; other tests cover both. */
function possible(texts: Texts): Texts {
  const named = (text: string) => (/^-?\d+$/.test(text) ? `n${text}` : text);
  const object = keptOf(texts.item) === '' ? texts.item : texts.object;
  return { ...texts, object, userType: named(texts.userType), recordType: named(texts.recordType) };
}

/** An id that is empty, or equal to another one, gets a number at its end. */
function withOwnIds(all: readonly Texts[]): Texts[] {
  const taken = new Set(['']);
  return all.map((texts, i) => {
    const activityId = taken.has(keptOf(texts.activityId)) ? `${texts.activityId}#${i}` : texts.activityId;
    taken.add(keptOf(activityId));
    return { ...texts, activityId };
  });
}

/** Oldest first; equal times by the UTF-8 bytes of the activity id. */
function inOrder({ expected: a }: Imported, { expected: b }: Imported): number {
  return a.timeMs - b.timeMs || Buffer.compare(Buffer.from(a.activityId), Buffer.from(b.activityId));
}

async function* inPieces(file: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += 65_537) yield file.subarray(at, at + 65_537);
}

function escapeOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function literalSurrogate(whole: string, hex: string | undefined): string {
  return hex === undefined ? whole : String.fromCharCode(Number.parseInt(hex, 16));
}
