import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { columnNames } from '../../src/domain/columns.ts';
import { TestBucket } from '../bucket.ts';
import { TestClickHouse } from '../clickhouse/server.ts';
import { TestPostgres } from '../postgres.ts';
import { byDuckDb, saved } from '../report/readers.ts';
import { Program } from './program.ts';
import { unzipped } from './workbook.ts';

/** Over a quarter of a year: three partitions, and some blocks of the engine. */
const ids = 8_000;
const startMs = Date.UTC(2026, 0, 10);
const dayMs = 86_400_000;

/** Five share a time, and their ids stand in another order than they come. */
function record(i: number, over: Record<string, unknown> = {}) {
  const file = `Plän ${i} <"draft">.docx`;
  return {
    CreationTime: isoAt(startMs + Math.floor(i / 5) * Math.floor((90 * dayMs) / (ids / 5))),
    Id: `${String((i * 7919) % ids).padStart(8, '0')}-0000-4000-8000-00000000face`,
    Operation: i % 9 === 0 ? '=1+1' : 'FileAccessed',
    RecordType: 6,
    UserId: `user${i % 40}@contoso.example`,
    UserType: 0,
    Workload: 'SharePoint',
    ClientIP: `203.0.113.${i % 250}`,
    ItemType: 'File',
    SiteUrl: 'https://contoso.sharepoint.example/sites/plans/',
    SourceFileName: i % 3001 === 0 ? file.padEnd(40_000, '長') : file,
    ObjectId: `https://contoso.sharepoint.example/sites/plans/Shared Documents/${file}`,
    ...over,
  };
}

type AuditRecord = ReturnType<typeof record>;

const isoAt = (ms: number) => new Date(ms).toISOString().slice(0, 19);
const range = (from: number, until: number, step = 1) =>
  Array.from({ length: Math.ceil((until - from) / step) }, (_, i) => from + i * step);

/** Overlaps, repeats, and records that share an id and differ: longer, as long, and of another month and user. */
const imports: readonly (readonly AuditRecord[])[] = [
  range(0, ids * 0.5).map((i) => record(i)),
  range(ids * 0.4, ids * 0.7).map((i) => record(i)),
  range(ids * 0.6, ids).map((i) => record(i)),
  range(0, ids, 11).map((i) => record(i, { Comment: 'longer' })),
  range(0, ids, 13).flatMap((i) => [record(i, { ClientIP: `203.0.113.${(i + 1) % 250}` }), record(i)]),
  range(0, ids, 17).map((i) =>
    record(i, { CreationTime: isoAt(startMs + (i % 60) * dayMs), UserId: 'moved@contoso.example' }),
  ),
];

/** Their text names no user; an export's row does. */
const lean = range(0, 60).map((i) => record(i, { Id: `lean ${i}`, UserId: undefined }));

function asLines(records: readonly AuditRecord[]): string {
  return records.map((one) => JSON.stringify(one)).join('\n');
}

/** As Purview's portal exports them: the same records with the same text. */
function asCsv(records: readonly AuditRecord[]): string {
  const cell = (value: string | number) => `"${String(value).replaceAll('"', '""')}"`;
  const rows = records.map((one) =>
    [one.Id, one.CreationTime, one.RecordType, one.Operation, one.UserId ?? 'row@contoso.example', JSON.stringify(one)]
      .map(cell)
      .join(','),
  );
  return ['RecordId,CreationDate,RecordType,Operation,UserId,AuditData', ...rows].join('\r\n');
}

const everything = { source: 'microsoft365', columns: columnNames, timeZone: 'Europe/Paris' };
const questions = [
  { ...everything, format: 'xlsx' },
  { ...everything, format: 'csv' },
  { ...everything, format: 'jsonl' },
  { ...everything, format: 'parquet' },
  { source: 'microsoft365', format: 'xlsx', user: 'USER7@contoso.example', eventTypes: ['FileAccessed'] },
];

/** What the reports hold by question and file, apart from what must differ: who asked and when. */
async function reports(program: Program): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [i, question] of questions.entries()) {
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
    const body = JSON.stringify(question);
    const { jobId } = await program.json<{ jobId: number }>('/insights/exports', { method: 'POST', body, headers });
    assert.equal((await program.ended(jobId)).jobStatus, 2);
    for (const [name, bytes] of await unzipped(await program.download(jobId))) {
      if (name === 'manifest.json') continue;
      if (name.endsWith('.xlsx')) {
        for (const [part, xml] of await partsButSummary(bytes)) found[`${i} ${part}`] = digest(xml);
      } else if (name.endsWith('.parquet')) {
        // Equal rows in equal order: row groups follow how the rows lie on disk.
        const path = saved(bytes, `${program.data}/${jobId}.parquet`);
        found[`${i} ${name}`] = digest(JSON.stringify(await byDuckDb(`SELECT * FROM '${path}'`)));
      } else found[`${i} ${name}`] = digest(bytes);
    }
  }
  return found;
}

async function partsButSummary(xlsx: Buffer): Promise<Map<string, Buffer>> {
  const parts = await unzipped(xlsx);
  const sheets = [...String(parts.get('xl/workbook.xml')).matchAll(/<sheet [^>]*?name="([^"]*)"/g)];
  const place = sheets.findIndex(([, name]) => name === 'Summary') + 1;
  assert.ok(parts.delete(`xl/worksheets/sheet${place}.xml`) && parts.has('xl/worksheets/sheet1.xml'));
  return parts;
}

const digest = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

/** One keeps everything in its own files, the other on servers. */
let one: Program;
let other: Program;
const servers = [await TestPostgres.start(), await TestClickHouse.start(), await TestBucket.start()] as const;
before(async () => {
  const [postgres, clickhouse, bucket] = servers;
  const env = {
    ...bucket.env,
    TRAILPORT_DATABASE_URL: await postgres.database('determinism'),
    TRAILPORT_CLICKHOUSE_URL: clickhouse.url,
  };
  [one, other] = await Promise.all([Program.start(), Program.start({ env })]);
});
after(async () => {
  await Promise.all([one.remove(), other.remove()]);
  for (const server of servers) await server[Symbol.asyncDispose]();
});

async function importAll(program: Program, files: readonly (readonly AuditRecord[])[]): Promise<void> {
  for (const [i, records] of files.entries()) {
    const { state } = await program.import(i % 2 === 0 ? asLines(records) : asCsv(records));
    assert.equal(state, 'finished');
  }
}

test('the same imports in any order make the same report, byte for byte, each time, after a restart, and on servers', async () => {
  const backwards = imports.flat().reverse();
  const cuts = [0, 0.15, 0.2, 0.6, 0.95, 1].map((share) => Math.round(backwards.length * share));
  const pieces = cuts.slice(1).map((end, i) => backwards.slice(cuts[i], end));
  // Here as lines and then as rows, there as rows and then as lines.
  await Promise.all([importAll(one, [...imports, lean, lean]), importAll(other, [...pieces, lean, lean])]);

  const first = await reports(one);
  // Nothing passes by not being there.
  const compared = Object.keys(first).filter((name) => /sheet\d+\.xml$|Activity|overflow/.test(name));
  const sheets = ['0 xl/worksheets/sheet1.xml', '4 xl/worksheets/sheet1.xml'];
  const files = ['1 Activity report.csv', '2 Activity report.jsonl', '3 Activity report.parquet', '0 overflow.jsonl'];
  assert.deepEqual(compared.sort(), [...sheets, ...files].sort());

  assert.deepEqual(await reports(one), first);
  await one.stop();
  one = await Program.start({ data: one.data });
  assert.deepEqual(await reports(one), first);
  assert.deepEqual(await reports(other), first);

  // The opposite: one activity more, and every report of everybody differs.
  await importAll(other, [[record(0, { Id: 'one more' })]]);
  const more = await reports(other);
  const differing = compared.filter((name) => more[name] !== first[name]);
  assert.deepEqual(differing.sort(), compared.filter((name) => !name.startsWith('4')).sort());
});
