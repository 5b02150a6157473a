import { blockColumns } from '../block/block.ts';
import { careOf } from '../rules/care.ts';
import { objectKey, userKey } from '../rules/keys.ts';
import { rulesVersion } from '../rules/rules.ts';

/**
 * One write of activities, in the engine's SQL. `intake` holds what came, `known` what the store has of it, `chosen` what
 * is to be added; they live in memory and are emptied first, so a write that was cut off is simply done again.
 */
const staging = {
  intake: Object.entries(blockColumns)
    .map((column) => column.join(' '))
    .join(', '),
  known: `source Enum8('microsoft365' = 1, 'google' = 2), activity_id String, version UInt64, rank UInt64,
    import_id UInt64`,
  chosen: 'row UInt32, rank UInt64, replaces UInt64, import_id UInt64',
} as const;

export const stagingTables = Object.entries(staging).flatMap(([name, columns]) => [
  `DROP TABLE IF EXISTS trailport.${name} SYNC`,
  `CREATE TABLE trailport.${name} (${columns}) ENGINE = Memory`,
]);

export const emptyStaging = Object.keys(staging).map((name) => `TRUNCATE TABLE trailport.${name}`);

/** The current version of each identity in `intake`. */
export const findKnown = (standing: string) => `
  INSERT INTO trailport.known
  SELECT source, activity_id, version, rank, import_id FROM trailport.activity
  WHERE tenant = {tenant:String} AND activity_id IN (SELECT activityId FROM trailport.intake) AND ${standing}`;

/** The text columns of an activity that an export's row may fill where its record says nothing. */
const texts = `user, userType, activity, service, itemType, item, object, site, result, clientIp, userAgent, recordType`;

/**
 * Of several records with one identity the longest is kept, since it has most information; of equally long ones the one
 * with the longer columns (a row of an export can have values that its record lacks); then the greater hash. The rule does
 * not depend on the order of arrival, so the same imports in any order make the same store. Bits: 32 of length, 12, 20.
 */
const rankOf = `(bitShiftLeft(toUInt64(least(length(raw), 4294967295)), 32)
  + bitShiftLeft(toUInt64(least(length(concat(${texts})), 4095)), 20) + cityHash64(raw, timeMs, ${texts}) % 1048576)`;

/** Rows that are new or outrank the current version. An identity keeps the import that first added it. */
export const choose = `
  INSERT INTO trailport.chosen
  SELECT came.row, came.rank, has.version, if(has.version = 0, {import:UInt64}, has.import_id)
  FROM (
    SELECT row, source, activityId, ${rankOf} AS rank FROM trailport.intake
    ORDER BY rank DESC, timeMs, row LIMIT 1 BY source, activityId
  ) AS came
  LEFT JOIN trailport.known AS has ON came.source = has.source AND came.activityId = has.activity_id
  WHERE has.version = 0 OR came.rank > has.rank`;

export const countChosen = 'SELECT count(), countIf(replaces != 0) FROM trailport.chosen';

export const addRows = `
  INSERT INTO trailport.activity
    (tenant, source, time, activity_id, user, user_type, activity, service, item_type, item, object, site, result,
     client_ip, user_agent, record_type, raw, user_key, object_key, care, rules, rank, import_id, version)
  SELECT {tenant:String}, source, fromUnixTimestamp64Milli(timeMs, 'UTC'), activityId, user, userType, activity,
     service, itemType, item, object, site, result, clientIp, userAgent, recordType, raw, ${userKey('user')},
     ${objectKey('object')}, ${careOf((name) => name)}, ${rulesVersion}, rank, import_id, {firstVersion:UInt64} + row
  FROM trailport.intake INNER JOIN trailport.chosen USING (row)
  SETTINGS max_partitions_per_insert_block = 0, async_insert = 0`;

export const addSuperseded = `
  INSERT INTO trailport.superseded (tenant, by_write, version)
  SELECT {tenant:String}, {write:UInt64}, replaces FROM trailport.chosen WHERE replaces != 0
  SETTINGS async_insert = 0`;

/** A write is committed by this one row. */
export const commit = `
  INSERT INTO trailport.write (number, added, replaced)
  SELECT {write:UInt64}, {added:UInt64}, {replaced:UInt64} SETTINGS async_insert = 0`;
