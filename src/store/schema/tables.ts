/** Acknowledged means on disk: MergeTree does not fsync by default. */
const durable = `fsync_after_insert = 1, fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  -- A part that cannot be read stops the store: the default sets up to a hundred aside in silence.
  max_suspicious_broken_parts = 0, max_suspicious_broken_parts_bytes = 0`;

/** One row for each version of an activity. The order is that of a report, so that a report is read and not sorted. */
export function activityTable(name: string): string {
  return `CREATE TABLE IF NOT EXISTS trailport.${name}
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
      -- What users and objects are compared by, and which texts a writer must examine: the folder rules, in this version.
      user_key    LowCardinality(String),
      object_key  String CODEC(ZSTD(1)),
      care        UInt32 CODEC(ZSTD(1)),
      rules       UInt16 CODEC(ZSTD(1)),
      -- Of several records with one identity the one with the greatest rank is kept, in any order of arrival.
      rank        UInt64 CODEC(ZSTD(1)),
      -- The import that brought the identity first.
      import_id   UInt64 CODEC(ZSTD(1)),
      version     UInt64 CODEC(Delta, ZSTD(1))
    )
    ENGINE = MergeTree
    PARTITION BY toYYYYMM(time)
    ORDER BY (tenant, source, time, activity_id)
    SETTINGS ${durable}`;
}

/** The versions that a later write replaced. */
export const supersededTable = `CREATE TABLE IF NOT EXISTS trailport.superseded
  (tenant LowCardinality(String), by_write UInt64, version UInt64)
  ENGINE = MergeTree ORDER BY (tenant, by_write, version)
  SETTINGS ${durable}`;

/** The writes that are whole, with the rows they added and the versions they replaced. */
export const writeTable = `CREATE TABLE IF NOT EXISTS trailport.write
  (number UInt64, added UInt64, replaced UInt64)
  ENGINE = MergeTree ORDER BY number
  SETTINGS ${durable}`;
