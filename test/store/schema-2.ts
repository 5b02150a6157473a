import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity } from '../../src/domain/activity.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';

const durable = `fsync_after_insert = 1, fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  max_suspicious_broken_parts = 0, max_suspicious_broken_parts_bytes = 0`;

/** The tables as the second schema had them, word for word. */
const tables = [
  `CREATE TABLE IF NOT EXISTS trailport.superseded
  (tenant LowCardinality(String), by_write UInt64, version UInt64)
  ENGINE = MergeTree ORDER BY (tenant, by_write, version)
  SETTINGS ${durable}`,
  `CREATE TABLE IF NOT EXISTS trailport.write
  (number UInt64, added UInt64, replaced UInt64)
  ENGINE = MergeTree ORDER BY number
  SETTINGS ${durable}`,
  `CREATE TABLE IF NOT EXISTS trailport.activity
    (
      tenant      LowCardinality(String),
      source      Enum8('microsoft365' = 1, 'google' = 2),
      time        DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
      activity_id String CODEC(ZSTD(1)),
      user        LowCardinality(String),
      user_type   LowCardinality(String),
      activity    LowCardinality(String),
      service     LowCardinality(String),
      item_type   LowCardinality(String),
      item        String CODEC(ZSTD(1)),
      object      String CODEC(ZSTD(1)),
      site        LowCardinality(String),
      result      LowCardinality(String),
      client_ip   LowCardinality(String),
      user_agent  LowCardinality(String),
      record_type LowCardinality(String),
      raw         String CODEC(ZSTD(3)),
      user_key    LowCardinality(String),
      object_key  String CODEC(ZSTD(1)),
      care        UInt32 CODEC(ZSTD(1)),
      rules       UInt16 CODEC(ZSTD(1)),
      rank        UInt64 CODEC(ZSTD(1)),
      import_id   UInt64 CODEC(ZSTD(1)),
      version     UInt64 CODEC(Delta, ZSTD(1))
    )
    ENGINE = MergeTree
    PARTITION BY toYYYYMM(time)
    ORDER BY (tenant, source, time, activity_id)
    SETTINGS ${durable}`,
];

/** A row of the second schema; a write has so many rows as it was given, and says which versions it replaced. */
export type Row2 = {
  readonly tenant: string;
  readonly activity: Activity;
  readonly rank: number;
  readonly importId: number;
};
export type Write2 = { readonly rows: readonly Row2[]; readonly replaced: readonly number[] };

export const versionOf = (write: number, place: number) => write * 2 ** 20 + place;

/** Makes a store as the second schema left it. The last write is not committed when `cutOff` says so. */
export async function makeSchema2(directory: string, writes: readonly Write2[], cutOff: boolean): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await using engine = new ChdbEngine(join(directory, 'engine'));
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  for (const table of tables) await engine.run(table);
  for (const [i, { rows, replaced }] of writes.entries()) {
    const write = i + 1;
    const lines = rows.map(({ tenant, activity, rank, importId }, place) =>
      JSON.stringify({
        tenant,
        source: activity.source,
        time: new Date(activity.timeMs).toISOString().replace('T', ' ').slice(0, -1),
        activity_id: activity.activityId,
        user: activity.user,
        user_type: activity.userType,
        activity: activity.activity,
        service: activity.service,
        item_type: activity.itemType,
        item: activity.item,
        object: activity.object,
        site: activity.site,
        result: activity.result,
        client_ip: activity.clientIp,
        user_agent: activity.userAgent,
        record_type: activity.recordType,
        raw: activity.raw,
        // Stored under rules that are older than today's.
        user_key: '',
        object_key: '',
        care: 0,
        rules: 0,
        rank,
        import_id: importId,
        version: versionOf(write, place),
      }),
    );
    await engine.run(`INSERT INTO trailport.activity FORMAT JSONEachRow ${lines.join('\n')}`);
    for (const version of replaced) {
      await engine.run(`INSERT INTO trailport.superseded SELECT '${rows[0]!.tenant}', ${write}, ${version}`);
    }
    if (cutOff && write === writes.length) continue;
    await engine.run(`INSERT INTO trailport.write VALUES (${write}, ${rows.length}, ${replaced.length})`);
  }
  writeFileSync(join(directory, 'made.json'), '{"schema":2}\n');
}
