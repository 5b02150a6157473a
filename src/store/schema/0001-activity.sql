-- One row an activity. The order is that of a report, so that a report is read and not sorted.
-- Rows of one identity (tenant, source, activity_id) with the same time collapse to the greatest rank when parts merge
-- and when read with FINAL; those with another time are removed by the writer.
CREATE TABLE IF NOT EXISTS trailport.activity
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
    -- What users and objects are compared by: domain/selection.ts.
    user_key    LowCardinality(String),
    object_key  String CODEC(ZSTD(1)),
    -- What a writer must look at, as bits (domain/care.ts).
    care        UInt32 CODEC(ZSTD(1)),
    -- Which of several records with one identity stands: the greatest, whatever the order of arrival.
    rank        UInt64 CODEC(ZSTD(1)),
    -- The import that brought the identity first, and the write that brought the row (grows; bounds a snapshot).
    import_id   UInt64 CODEC(ZSTD(1)),
    batch       UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(rank)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, source, time, activity_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,
         min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1,
         -- A part that cannot be read stops the store: the default sets up to a hundred aside in silence.
         max_suspicious_broken_parts = 0, max_suspicious_broken_parts_bytes = 0;
