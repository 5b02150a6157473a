import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity } from '../../src/domain/activity.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';

/** The table of activities as the first schema had it, word for word. */
const table = `CREATE TABLE IF NOT EXISTS trailport.activity
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
    rank        UInt64 CODEC(ZSTD(1)),
    import_id   UInt64 CODEC(ZSTD(1)),
    batch       UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(rank)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, source, time, activity_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,
         min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1,
         max_suspicious_broken_parts = 0, max_suspicious_broken_parts_bytes = 0`;

export type OldRow = { readonly activity: Activity; readonly rank: number; readonly importId: number };

/** Makes a store as the first schema left it: each list of rows was one write. */
export async function makeSchema1(
  directory: string,
  tenant: string,
  writes: readonly (readonly OldRow[])[],
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await using engine = new ChdbEngine(join(directory, 'engine'));
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  await engine.run(table);
  await engine.run('SYSTEM STOP MERGES trailport.activity');
  await engine.run('CREATE TABLE trailport.intake (source String) ENGINE = Memory');
  for (const [i, rows] of writes.entries()) {
    const lines = rows.map(({ activity, rank, importId }) =>
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
        user_key: activity.user.toLowerCase(),
        object_key: activity.object.toLowerCase(),
        care: 0,
        rank,
        import_id: importId,
        batch: i + 1,
      }),
    );
    await engine.run(`INSERT INTO trailport.activity FORMAT JSONEachRow ${lines.join('\n')}`);
  }
  writeFileSync(join(directory, 'made.json'), '{"schema":1}\n');
}
