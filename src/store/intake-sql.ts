/**
 * One write of activities, in the engine's own words. `intake` holds what came, `known` what the store has of it; both
 * live in memory and are emptied first, so a write that was cut off is simply done again.
 */
export const stagingTables = [
  'DROP TABLE IF EXISTS trailport.intake SYNC',
  'DROP TABLE IF EXISTS trailport.known SYNC',
  `CREATE TABLE trailport.intake (
     source Enum8('microsoft365' = 1, 'google' = 2), timeMs Int64, activityId String, user String, userType String,
     activity String, service String, itemType String, item String, object String, site String, result String,
     clientIp String, userAgent String, recordType String, raw String, userKey String, objectKey String, care UInt32
   ) ENGINE = Memory`,
  `CREATE TABLE trailport.known (
     source Enum8('microsoft365' = 1, 'google' = 2), activity_id String, time DateTime64(3, 'UTC'), rank UInt64,
     import_id UInt64
   ) ENGINE = Memory`,
];

export const emptyStaging = ['TRUNCATE TABLE trailport.intake', 'TRUNCATE TABLE trailport.known'];

/** What the store has of the identities that came. */
export const findKnown = `
  INSERT INTO trailport.known
  SELECT source, activity_id, time, rank, import_id FROM trailport.activity
  WHERE tenant = {tenant:String} AND activity_id IN (SELECT activityId FROM trailport.intake)`;

/** The text columns of an activity that an export's row may fill where its record says nothing. */
const texts = `user, userType, activity, service, itemType, item, object, site, result, clientIp, userAgent, recordType`;

/**
 * Of several records with one identity the longest stands (it says most), of those the one whose columns say most (an
 * export's row says more than its record alone), then the greater hash of everything: a rule that does not depend on
 * the order of arrival, so the same imports in another order make the same store. Bits: 32 of length, 12, 20.
 */
const rankOf = `(bitShiftLeft(toUInt64(least(length(raw), 4294967295)), 32)
  + bitShiftLeft(toUInt64(least(length(concat(${texts})), 4095)), 20) + cityHash64(raw, timeMs, ${texts}) % 1048576)`;

/** Adds what is new, and what says more than what is there. The identity stays with the import that brought it first. */
export const addNew = `
  INSERT INTO trailport.activity
    (tenant, source, time, activity_id, user, user_type, activity, service, item_type, item, object, site, result,
     client_ip, user_agent, record_type, raw, user_key, object_key, care, rank, import_id, batch)
  SELECT {tenant:String}, came.source, fromUnixTimestamp64Milli(timeMs, 'UTC'), activityId, user, userType, activity,
     service, itemType, item, object, site, result, clientIp, userAgent, recordType, raw, userKey, objectKey, care,
     came.rank, if(has.first_import = 0, {import:UInt64}, has.first_import), {batch:UInt64}
  FROM (SELECT *, ${rankOf} AS rank FROM trailport.intake ORDER BY rank DESC, timeMs LIMIT 1 BY source, activityId) AS came
  LEFT JOIN (
    SELECT source, activity_id, max(rank) AS best, min(import_id) AS first_import
    FROM trailport.known GROUP BY source, activity_id
  ) AS has ON came.source = has.source AND came.activityId = has.activity_id
  WHERE has.first_import = 0 OR came.rank > has.best
  SETTINGS max_partitions_per_insert_block = 0, async_insert = 0`;

/** Known rows that another row of their identity with another time outranks: merging would not collapse those. */
const outranked = `
  SELECT source, activity_id, time FROM trailport.known AS old
  INNER JOIN (
    SELECT source, activity_id, argMax(time, rank) AS standing FROM (
      SELECT source, activity_id, time, rank FROM trailport.known
      UNION ALL
      SELECT source, activityId, fromUnixTimestamp64Milli(timeMs, 'UTC'), ${rankOf} FROM trailport.intake
    ) GROUP BY source, activity_id
  ) AS best ON old.source = best.source AND old.activity_id = best.activity_id
  WHERE old.time != best.standing`;

export const countOutranked = `SELECT count() FROM (${outranked})`;

export const removeOutranked = `
  DELETE FROM trailport.activity
  WHERE tenant = {tenant:String} AND (source, activity_id, time) IN (${outranked})
  SETTINGS lightweight_deletes_sync = 2, mutations_sync = 2`;
