import { careBits, longUnits, unitsOf } from '../rules/care.ts';
import type { AskedColumn, LongValues } from './ask.ts';
import { storedColumn } from './columns.ts';

/** Two aggregates: how many values are longer, and how many rows have one. */
export function countsOfLong(long: LongValues): string {
  const values = textsOf(long.columns).map((name) => `countIf(${isLong(name, long.units)})`);
  return `${values.length === 0 ? '0' : values.join(' + ')}, countIf(${hasLong(long)})`;
}

/** Whether a row has a value that is longer. */
export function hasLong({ columns, units }: LongValues): string {
  const terms = textsOf(columns).map((name) => isLong(name, units));
  return terms.length === 0 ? '0' : `(${terms.join(' OR ')})`;
}

/** Values are measured only where `care` says that a value is long, if the limit is one that `care` knows of. */
function isLong(name: AskedColumn, units: number): string {
  const column = storedColumn(name);
  const longer = `${unitsOf(column, units)} > ${units}`;
  return units < longUnits ? longer : `(bitTest(care, ${name === 'raw' ? careBits.raw : careBits.long}) AND ${longer})`;
}

/** A condition that every row with a value that is longer meets, which reads no texts; null where `care` cannot say. */
export function mayBeLong({ units }: LongValues): string | null {
  return units < longUnits ? null : `(bitTest(care, ${careBits.raw}) OR bitTest(care, ${careBits.long}))`;
}

function textsOf(columns: readonly AskedColumn[]): AskedColumn[] {
  return columns.filter((name) => name !== 'time' && name !== 'localTime');
}
