import { storedColumn } from '../rows/columns.ts';
import { careOf } from './care.ts';
import { objectKey, userKey } from './keys.ts';

/**
 * Grows with every change of the rules in this folder: rows that were stored under another number are computed again
 * when the store is opened. A test fails when the rules change and the number does not.
 */
export const rulesVersion = 1;

/** The columns that the rules make, from the stored columns of `trailport.activity`. */
export const ruledColumns = {
  user_key: userKey(storedColumn('user')),
  object_key: objectKey(storedColumn('object')),
  care: careOf(storedColumn),
  rules: `toUInt16(${rulesVersion})`,
} as const;
