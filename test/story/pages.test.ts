import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TenantId } from '../../src/domain/ids.ts';
import { SqliteJournal } from '../../src/job/journal/sqlite/journal.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { add, app, exportRequest } from '../job/fixtures.ts';
import { Program } from './program.ts';

/** As much as a body of 1 MiB can ask for: 256 characters of 3 bytes each. */
const wide = Array.from({ length: 1000 }, () => '監'.repeat(256));
/** 150 jobs of 768 KB, each between two that are small. */
const jobs = 450;

/** The most memory that a process had resident, MiB. */
function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** A data directory whose tenant `default` has had so many jobs. */
async function withJobs(): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'trailport-'));
  const db = openSqlite(join(data, 'trailport.sqlite'), 1000);
  const journal = new SqliteJournal(db);
  const tenant = 'default' as TenantId;
  for (let i = 0; i < jobs; i++) {
    const request = i % 3 === 1 ? { ...exportRequest, eventTypes: wide } : exportRequest;
    const job = { type: 'export', request, tenant, app, same: null, idempotencyKey: null } as const;
    const id = await add(journal, job, Date.now());
    await journal.cancel((await journal.find(tenant, id))!.key, 'waiting', Date.now());
  }
  db.close();
  return data;
}

test('pages of jobs with long texts stay under 2 MiB each and together hold every job, and memory stays flat', async (t) => {
  const program = await Program.start({ data: await withJobs() });
  t.after(() => program.remove());
  await program.json('/insights/jobs?limit=1');
  const before = peakOf(program.pid);
  const listed: number[] = [];
  const bytes: number[] = [];
  for (let after = ''; ; ) {
    const text = await (await program.call(`/insights/jobs?limit=1000${after}`)).text();
    bytes.push(Buffer.byteLength(text));
    const { jobs: page, next } = JSON.parse(text) as { jobs: { jobId: number }[]; next: string | null };
    listed.push(...page.map(({ jobId }) => jobId));
    if (next === null) break;
    after = `&after=${next}`;
  }
  const grown = peakOf(program.pid) - before;
  t.diagnostic(
    `${bytes.length} pages, the largest ${Math.max(...bytes)} bytes; memory grew by ${grown.toFixed(0)} MiB`,
  );
  assert.deepEqual(
    listed,
    Array.from({ length: jobs }, (_, i) => jobs - i),
  );
  assert.ok(bytes.length > 1 && Math.max(...bytes) < 2 * 2 ** 20);
  assert.ok(grown < 100, `${grown} MiB`);
});
