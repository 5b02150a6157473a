import { blockColumns, blockFormat } from '../block/block.ts';
import type { Block } from '../engine/engine.ts';
import { forgottenTable } from '../erase/arriving.ts';
import { careOf } from '../rules/care.ts';
import { checkOf, hashOf } from '../rules/identity.ts';
import { objectKey, userKey } from '../rules/keys.ts';

/** The text columns of an activity that an export's row may fill where its record says nothing. */
const texts = `user, userType, activity, service, itemType, item, object, site, result, clientIp, userAgent, recordType`;

/**
 * Of several records with one identity the longest is kept, since it has most information; of equally long ones the one
 * with the longer columns (a row of an export can have values that its record lacks); then the greater hash. The rule does
 * not depend on the order of arrival, so the same imports in any order make the same store. Bits: 32 of length, 12, 20.
 */
const rank = `bitShiftLeft(toUInt64(least(length(raw), 4294967295)), 32)
  + bitShiftLeft(toUInt64(least(${texts.replace(/\w+/g, 'length($&)').replaceAll(',', ' +')}, 4095)), 20)
  + cityHash64(raw, timeMs, ${texts}) % 1048576`;

/** What is computed from each row once, when it arrives. */
const computed = {
  time: "fromUnixTimestamp64Milli(timeMs, 'UTC')",
  hash: hashOf('activityId'),
  '`check`': checkOf('activityId'),
  rank,
  user_key: userKey('user'),
  object_key: objectKey('object'),
  care: careOf((name) => name),
} as const;

const computedTypes = {
  time: "DateTime64(3, 'UTC')",
  hash: 'UInt64',
  '`check`': 'UInt64',
  rank: 'UInt64',
  user_key: 'LowCardinality(String)',
  object_key: 'String',
  care: 'UInt32',
} as const satisfies Record<keyof typeof computed, string>;

/**
 * What came, and what of it is to be added. Both belong to one connection and end with it: no other writer sees them, and
 * after a kill the next start removes the files. What came is on disk, since in memory a write took 700 MB more.
 */
export const stagingTables = [
  `CREATE TEMPORARY TABLE intake (
     ${Object.entries({ ...blockColumns, ...computedTypes })
       .map((column) => `${column.join(' ')} CODEC(NONE)`)
       .join(', ')}
   ) ENGINE = Log`,
  forgottenTable,
  `CREATE TEMPORARY TABLE chosen (row UInt32, source ${blockColumns.source}, replaces UInt64, replaced_hour Int32)
   ENGINE = Memory`,
];

/** A block of activities as `intake` takes it, after `rows` that are there. */
export function blockFor(bytes: Uint8Array, rows: number): Block {
  return { format: blockFormat, columns: blockColumns, bytes, computed: { row: `row + ${rows}`, ...computed } };
}

/** Puts the rows of a table that has the columns of a block into `intake`: for stores that are made in the engine. */
export function intakeFrom(table: string): string {
  const columns = [...Object.keys(blockColumns), ...Object.keys(computed)];
  const values = [...Object.keys(blockColumns), ...Object.values(computed)];
  return `INSERT INTO intake (${columns.join(', ')}) SELECT ${values.join(', ')} FROM ${table}`;
}
