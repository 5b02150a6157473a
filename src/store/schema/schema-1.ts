import type { Engine } from '../engine/engine.ts';
import { firstVersionOf, mostRows } from '../moment.ts';
import { ruledColumns } from '../rules/rules.ts';
import type { OpeningProgress } from './fill.ts';
import { activityTable } from './tables.ts';

const copied = `tenant, source, time, activity_id, user, user_type, activity, service, item_type, item, object, site, result,
  client_ip, user_agent, record_type, raw`;
/** A search for times of one identity holds about so many identities in memory. */
const identitiesAtOnce = 2_000_000;
/** The first write of a store that was moved; so many rows take up several write numbers. */
const firstWrite = 1;

/**
 * Moves the rows of schema 1, where versions of an activity were merged by the engine (ReplacingMergeTree) and those
 * with another time were deleted by the writer, into the tables of schema 2. Built beside the old table, exchanged in one
 * step, then the old one is dropped: `kill -9` at any point leaves either the old rows or the new ones, and the next
 * start goes on. The tables `superseded` and `write` must be there.
 */
export async function moveFromSchema1(engine: Engine, progress: OpeningProgress): Promise<void> {
  for (const table of ['activity_next', 'outdated']) await engine.run(`DROP TABLE IF EXISTS trailport.${table} SYNC`);
  for (const table of ['superseded', 'write']) await engine.run(`TRUNCATE TABLE trailport.${table}`);
  await engine.run(activityTable('activity_next'));
  await engine.run(`CREATE TABLE trailport.outdated (tenant String, source Enum8('microsoft365' = 1, 'google' = 2),
    activity_id String, time DateTime64(3, 'UTC')) ENGINE = Memory`);
  const stored = await countOf(engine, 'trailport.activity FINAL');
  await findOutdated(engine, stored);
  const total = stored - (await countOf(engine, 'trailport.outdated'));
  const months = await engine.rows<[number]>(
    'SELECT DISTINCT toYYYYMM(time) AS month FROM trailport.activity ORDER BY month',
  );
  let moved = 0;
  progress('moving', moved, total);
  for (const [month] of months) {
    await engine.run(copyMonth, { month, firstVersion: firstVersionOf(firstWrite) + moved });
    moved = await countOf(engine, 'trailport.activity_next');
    progress('moving', moved, total);
  }
  if (moved !== total) throw new Error(`${moved} of ${total} rows were moved.`);
  // From here on the rows count as written; before the exchange nothing reads them.
  const writes = Math.max(1, Math.ceil(total / mostRows));
  for (let write = 0; write < writes; write++) {
    const added = Math.min(mostRows, total - write * mostRows);
    await engine.run(`INSERT INTO trailport.write VALUES (${firstWrite + write}, ${added}, 0)`);
  }
  await engine.run('EXCHANGE TABLES trailport.activity AND trailport.activity_next');
  await dropLeftovers(engine);
}

/** What a move that was cut off after its exchange left behind. */
export async function dropLeftovers(engine: Engine): Promise<void> {
  for (const table of ['activity_next', 'outdated']) await engine.run(`DROP TABLE IF EXISTS trailport.${table} SYNC`);
}

/** A writer that was killed between adding a version and deleting the old one left both, with different times. */
async function findOutdated(engine: Engine, rows: number): Promise<void> {
  const buckets = Math.max(1, Math.ceil(rows / identitiesAtOnce));
  for (let bucket = 0; bucket < buckets; bucket++) {
    await engine.run(
      `INSERT INTO trailport.outdated
       SELECT tenant, source, activity_id, time FROM trailport.activity AS old
       INNER JOIN (
         SELECT tenant, source, activity_id, argMax(time, (rank, time)) AS standing FROM trailport.activity
         WHERE cityHash64(activity_id) % {buckets:UInt32} = {bucket:UInt32}
         GROUP BY tenant, source, activity_id HAVING uniqExact(time) > 1
       ) AS best USING (tenant, source, activity_id)
       WHERE old.time != best.standing GROUP BY tenant, source, activity_id, time`,
      { buckets, bucket },
    );
  }
}

const copyMonth = `
  INSERT INTO trailport.activity_next (${copied}, ${Object.keys(ruledColumns).join(', ')}, rank, import_id, version)
  SELECT ${copied}, ${Object.values(ruledColumns).join(', ')}, rank, import_id,
    {firstVersion:UInt64} + rowNumberInAllBlocks()
  FROM (
    SELECT * FROM trailport.activity FINAL WHERE toYYYYMM(time) = {month:UInt32}
      AND (tenant, source, activity_id, time) NOT IN (SELECT tenant, source, activity_id, time FROM trailport.outdated)
  )
  SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = 8192, min_insert_block_size_rows = 65536,
    min_insert_block_size_bytes = 67108864, max_partitions_per_insert_block = 0, async_insert = 0`;

async function countOf(engine: Engine, from: string): Promise<number> {
  const [row] = await engine.rows<[string | number]>(`SELECT count() FROM ${from}`);
  return Number(row?.[0] ?? 0);
}
