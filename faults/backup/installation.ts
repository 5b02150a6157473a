import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { configFrom, placesIn } from '../../src/config.ts';
import type { AppId, JobId, TenantId } from '../../src/domain/ids.ts';
import { openFiles } from '../../src/files/files.ts';
import { SqliteJournal } from '../../src/job/journal/sqlite/journal.ts';
import { makePrivateDirectory } from '../../src/kit/files.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { Store } from '../../src/store/store.ts';
import { add, claim, exportRequest } from '../../test/job/fixtures.ts';
import { activity } from '../../test/store/activities.ts';
import { everything, rowsOf } from '../../test/store/fixtures.ts';

export const tenants = ['contoso', 'fabrikam'] as TenantId[];
/** Rows of one of the writes that go on while a backup is made. */
export const rowsOfWrite = 20;
const app = 'exporter' as AppId;
const month = 31 * 86_400_000;

/** The settings of an installation in a directory. */
export function configOf(data: string) {
  return configFrom({ data }, {});
}

/**
 * A small installation: activities of two tenants over three months with replaced versions, an import that waits with its
 * file, an export that is finished with its report.
 */
export async function makeInstallation(data: string): Promise<void> {
  const places = placesIn(data);
  await makePrivateDirectory(data);
  const files = await openFiles(places);
  const db = openSqlite(places.database, 1000);
  const journal = new SqliteJournal(db);
  const owner = { tenant: tenants[0]!, app, same: null, idempotencyKey: null };
  const spooled = await files.spool.receive(
    (async function* () {
      yield Buffer.from('{"Id":"waits"}\n');
    })(),
    1000,
  );
  await add(journal, { type: 'export', request: exportRequest, ...owner });
  const claimed = (await claim(journal))!;
  const place = await files.shelf.begin(claimed.key, claimed.fence);
  await place.file.writeFile('the bytes of a report');
  const shelfName = await place.publish();
  const report = { fileName: 'a.zip', shelfName, bytes: 21, rows: 0, sha256: '00', files: [] };
  await journal.finish(claimed, { type: 'export', report }, 3, null);
  await add(journal, { type: 'import', request: { fileName: 'a.ndjson', ...spooled }, ...owner }, 4);
  db.close();
  writeFileSync(places.credentials, '{"server":"http://127.0.0.1:1"}\n', { mode: 0o600 });

  await using store = await Store.open(places.store);
  for (const tenant of tenants) {
    const first = Array.from({ length: 900 }, (_, i) => activity(i, { timeMs: startMs + (i % 3) * month + i }));
    await store.add(tenant, 1 as JobId, first);
    const richer = first.slice(0, 50).map((one) => ({ ...one, raw: JSON.stringify({ richer: 'x'.repeat(99) }) }));
    await store.add(tenant, 2 as JobId, richer);
  }
}

const startMs = Date.UTC(2026, 0, 1);

/** The rows of write `number` of those that go on while a backup is made. */
export function batchOf(number: number) {
  return Array.from({ length: rowsOfWrite }, (_, i) => activity(1_000_000 + number * rowsOfWrite + i));
}

export type Content = {
  /** Of each tenant, ids and records in the order of a report. */
  readonly rows: readonly string[];
  readonly jobs: readonly string[];
  /** SHA-256 of each file that belongs to a job, and of the credentials. */
  readonly files: readonly string[];
  /** How many of the writes that went on are there. */
  readonly writes: number;
};

/** What an installation holds. Opens its store, as a start of the service does; throws when a write is there in part. */
export async function contentOf(data: string): Promise<Content> {
  const places = placesIn(data);
  const db = openSqlite(places.database, 1000);
  const jobs = db.prepare("SELECT tenant, number, type, state FROM job WHERE tenant != '' ORDER BY id").all();
  db.close();
  const files = [places.reports, places.spool].flatMap((directory) =>
    readdirSync(directory).map((name) => fileLine(join(directory, name), `${basename(directory)}/${name}`)),
  );
  if (existsSync(places.credentials)) files.push(fileLine(places.credentials, 'credentials'));
  await using store = await Store.open(places.store);
  const rows: string[] = [];
  let added = 0;
  for (const tenant of tenants) {
    using snapshot = await store.snapshot({ ...everything, tenant });
    for (const [id = '', raw = ''] of await rowsOf(snapshot, ['activityId', 'raw'])) {
      if (Number(id.slice(3)) >= 1_000_000) added++;
      else rows.push(`${tenant} ${id} ${raw}`);
    }
  }
  if (added % rowsOfWrite !== 0) throw new Error(`${added} rows are no whole number of writes.`);
  return { rows, jobs: jobs.map((row) => Object.values(row).join(' ')), files, writes: added / rowsOfWrite };
}

function fileLine(path: string, name: string): string {
  return `${name} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}
