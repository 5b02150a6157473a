import type { AskedColumn, RowsAsk } from '../ask.ts';
import { storedColumn } from '../columns.ts';
import { type RowsQuery, readInOrder, zoneParameter } from '../query.ts';
import { wallTime } from '../time.ts';

/** Columns as they are stored, in the format that costs the engine least. */
export function nativeQuery(ask: Extract<RowsAsk, { readonly format: 'columns' }>): RowsQuery {
  const list = ask.columns.map((name, i) => `${selected(name, ask.mostBytes)} AS c${i}`);
  return {
    select: [...list, 'care'].join(', '),
    format: 'Native',
    settings: readInOrder,
    where: null,
    whereLean: null,
    raw: ask.columns.includes('raw'),
    parameters: zoneParameter(ask.timeZone),
  };
}

function selected(name: AskedColumn, mostBytes: number | null): string {
  if (name === 'localTime') return `toFloat64(toUnixTimestamp64Milli(${wallTime}))`;
  if (name === 'time') return 'toFloat64(toUnixTimestamp64Milli(time))';
  return name === 'raw' && mostBytes !== null ? `substring(raw, 1, ${mostBytes})` : storedColumn(name);
}
