/**
 * Parts below 16 MiB, not compressed, have all their columns in one file. That is a tenth of the fsyncs of a small write;
 * a report of 100,000 rows takes 257 ms from a part of a file a column and 283 from one file, which is also 17 % larger.
 * A limit of rows does not do: few rows of 10 MB stayed in one file, and merging 30 such parts took 1 GB more.
 */
const partsOfWrites = 'min_bytes_for_wide_part = 16777216';

/** Acknowledged means on disk: MergeTree does not fsync by default. */
const durable = `
  ${partsOfWrites},
  fsync_after_insert = 1, fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  -- A part that cannot be read stops the store: the default sets up to a hundred aside in silence.
  max_suspicious_broken_parts = 0, max_suspicious_broken_parts_bytes = 0`;

export const sourceType = "Enum8('microsoft365' = 1, 'google' = 2)";

/** What an activity says, but its original record. */
const saidColumns = `
      tenant      LowCardinality(String),
      source      ${sourceType},
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
      record_type LowCardinality(String),`;

/** What the store adds. */
const madeColumns = `
      -- What users and objects are compared by, and which texts a writer must examine: the folder rules, in this version.
      user_key    LowCardinality(String),
      object_key  String CODEC(ZSTD(1)),
      care        UInt32 CODEC(ZSTD(1)),
      rules       UInt16 CODEC(ZSTD(1)),
      -- Of several records with one identity the one with the greatest rank is kept, in any order of arrival.
      rank        UInt64 CODEC(ZSTD(1)),
      -- The import that brought the version.
      import_id   UInt64 CODEC(ZSTD(1)),
      version     UInt64 CODEC(Delta, ZSTD(1))`;

/**
 * One row for each version of an activity. The order is that of a report, so that a report is read and not sorted.
 * Marks every 256 rows: the original records of one user lie far apart, and reading one costs its mark's rows. With 8,192
 * that was five times as slow, as measured for 100 million rows; the table grows by 7 % (decision 11).
 */
export function activityTable(name: string): string {
  return `CREATE TABLE IF NOT EXISTS trailport.${name} (${saidColumns}
      raw         String CODEC(ZSTD(3)),${madeColumns})
    ENGINE = MergeTree PARTITION BY toYYYYMM(time) ORDER BY (tenant, source, time, activity_id)
    SETTINGS index_granularity = 256, ${durable}`;
}

/** The same rows without `raw`, once in the order of users and once in that of objects: a slice is read as one piece. */
export const copies = { by_user: 'user_key', by_object: 'object_key' } as const;
export type Copy = keyof typeof copies;

export function copyTable(copy: Copy): string {
  return `CREATE TABLE IF NOT EXISTS trailport.${copy} (${saidColumns}${madeColumns})
    ENGINE = MergeTree PARTITION BY toYear(time) ORDER BY (tenant, source, ${copies[copy]}, time, activity_id)
    SETTINGS ${durable}`;
}

/**
 * Every version by its identity: two independent hashes of the activity's id. Looking for a batch of ids reads `hash`
 * only near them, and the other columns for matches.
 */
export const identityTable = `CREATE TABLE IF NOT EXISTS trailport.identity
    (
      tenant      LowCardinality(String),
      source      ${sourceType},
      hash        UInt64 CODEC(NONE),
      \`check\`     UInt64 CODEC(NONE),
      version     UInt64 CODEC(ZSTD(1)),
      rank        UInt64 CODEC(ZSTD(1)),
      -- Hours since 1970, UTC, as in the table tally.
      hour        Int32 CODEC(ZSTD(1))
    )
    ENGINE = MergeTree ORDER BY (tenant, source, hash)
    SETTINGS index_granularity = 1024, ${durable}`;

/**
 * How many rows each write added to each hour (+) and replaced or erased in it (-): the rows of an hour after write N are
 * the sum over `by_write <= N`. An hour is a number since 1970, UTC, negative before it.
 */
export const tallyTable = `CREATE TABLE IF NOT EXISTS trailport.tally
    (tenant LowCardinality(String), source ${sourceType}, hour Int32, by_write UInt64, rows Int64)
    ENGINE = MergeTree ORDER BY (tenant, source, hour, by_write)
    SETTINGS ${durable}`;

/** Gives a table of activities that an older schema made the settings of today. */
export const modernizeActivity = `ALTER TABLE trailport.activity MODIFY SETTING ${partsOfWrites}`;

/** What must be there in a store that was made. */
export const tables = ['activity', 'by_user', 'by_object', 'identity', 'tally', 'superseded'] as const;

/** The columns of the copies, in the order of an INSERT. */
export const leanColumns = `tenant, source, time, activity_id, user, user_type, activity, service, item_type, item, object, site,
  result, client_ip, user_agent, record_type, user_key, object_key, care, rules, rank, import_id, version`;

/** The hour of a time column as the tables identity and tally hold it. */
export function hourOf(time: string): string {
  return `toInt32(floor(toUnixTimestamp64Milli(${time}) / 3600000))`;
}

/** The versions that a later write replaced. */
export const supersededTable = `CREATE TABLE IF NOT EXISTS trailport.superseded
  (tenant LowCardinality(String), by_write UInt64, version UInt64)
  ENGINE = MergeTree ORDER BY (tenant, by_write, version)
  SETTINGS ${durable}`;

/** Schema 2: the writes that were whole, with the rows they added and the versions they replaced. */
export const writeTable = `CREATE TABLE IF NOT EXISTS trailport.write
  (number UInt64, added UInt64, replaced UInt64)
  ENGINE = MergeTree ORDER BY number
  SETTINGS ${durable}`;

/** How each of them is made. */
export const tableStatements: Readonly<Record<(typeof tables)[number], string>> = {
  activity: activityTable('activity'),
  by_user: copyTable('by_user'),
  by_object: copyTable('by_object'),
  identity: identityTable,
  tally: tallyTable,
  superseded: supersededTable,
};

/** The schema of a store with these tables. */
export const schema = 3;
