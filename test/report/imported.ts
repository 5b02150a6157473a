import { strict as assert } from 'node:assert';
import { gzipSync } from 'node:zlib';
import type { Activity } from '../../src/domain/activity.ts';
import type { textColumns } from '../../src/domain/columns.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { followed, readRecords } from '../../src/source/source.ts';
import type { Harness } from './harness.ts';

/** A text for each text column, lone surrogates and all. */
export type Texts = Readonly<Record<(typeof textColumns)[number], string>>;

/** A record of some service: texts by their members' names. */
type Members = Readonly<Record<string, string>>;

/** What a report is to say of a record, and the record itself as it can be read from its file. */
export type Imported = { readonly expected: Activity; readonly record: Members };

/** Turns records into a file of some kind, and says for each what its own text there is. */
type Wrapper = (records: readonly Members[]) => { readonly file: Buffer; readonly raws: readonly string[] };

const wrappers: readonly Wrapper[] = [
  // Packed, one a line, lone surrogates as escapes (`\ud800`), which is how JSON.stringify writes them.
  (records) => {
    const raws = records.map((one) => JSON.stringify(one));
    return { file: gzipSync(raws.join('\n')), raws };
  },
  // Nothing but ASCII: every other character is an escape, and the original record keeps it so.
  (records) => {
    const raws = records.map((one) => JSON.stringify(one).replace(/[\u007f-\uffff]/g, escapeOf));
    return { file: Buffer.from(raws.join('\r\n')), raws };
  },
  // A content blob, indented: one line remains of each.
  (records) => ({
    file: Buffer.from(JSON.stringify(records, null, '\t').replaceAll('\n', '\r\n')),
    raws: records.map((one) => JSON.stringify(one)),
  }),
  // The portal's CSV, whose columns say nothing more.
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
 * Imports records with these texts, in files of every kind in turn, and answers with what reports have to say, in
 * their order. `timeFor` gives a record's time by its number, in ms since 1970.
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

/** UTF-16 with surrogates that are alone in the file itself: U+FFFD from the start, in the original record too. */
function asUtf16(records: readonly Members[]): ReturnType<Wrapper> {
  const texts = records.map((one) => JSON.stringify(one).replace(/\\(?:u(d[89a-f]..)|.)/g, literalSurrogate));
  return { file: Buffer.from(`\ufeff${texts.join('\n')}`, 'utf16le'), raws: texts.map((one) => one.toWellFormed()) };
}

function wellFormed(record: Members): Members {
  return Object.fromEntries(Object.entries(record).map(([name, text]) => [name, text.toWellFormed()]));
}

/** A record of the Management Activity API: one member a column. */
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

/** What reports.md says of each column, said once more: no more than this may differ from what was written. */
function expectedOf({ texts, timeMs }: { texts: Texts; timeMs: number }, raw: string): Activity {
  const kept = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, keptOf(text)])) as Texts;
  return { ...kept, clientIp: addressOf(kept.clientIp), source: 'microsoft365', timeMs, raw };
}

/** `__NULL__` is how Graph writes nothing; a lone surrogate is no character. */
function keptOf(text: string): string {
  return text === '__NULL__' ? '' : text.toWellFormed();
}

/** An address loses the space around it, and brackets and port. */
function addressOf(text: string): string {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) return /^\[([^\]]*)\](?::\d*)?$/.exec(trimmed)?.[1] ?? trimmed;
  return /^([^:]+):\d*$/.exec(trimmed)?.[1] ?? trimmed;
}

/** Numbers of types get names, and a record without item is named after its object: both are other tests' business. */
function possible(texts: Texts): Texts {
  const named = (text: string) => (/^-?\d+$/.test(text) ? `n${text}` : text);
  const object = keptOf(texts.item) === '' ? texts.item : texts.object;
  return { ...texts, object, userType: named(texts.userType), recordType: named(texts.recordType) };
}

/** An id that says nothing, or what another says, gets a number behind it. */
function withOwnIds(all: readonly Texts[]): Texts[] {
  const taken = new Set(['']);
  return all.map((texts, i) => {
    const activityId = taken.has(keptOf(texts.activityId)) ? `${texts.activityId}#${i}` : texts.activityId;
    taken.add(keptOf(activityId));
    return { ...texts, activityId };
  });
}

/** Oldest first, equal times by activity id, by the bytes of its UTF-8. */
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
