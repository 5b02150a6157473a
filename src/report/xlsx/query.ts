import { careMaskOf, mayHoldLong, type RowsAsk } from '../../store/store.ts';
import type { ReportColumn } from '../columns.ts';
import type { RowsFacts } from '../rows.ts';
import type { SheetColumn } from './sheet/columns.ts';
import { cellUnits } from './text.ts';

/** Bytes that are enough to fill a cell and to show that there is more: a UTF-16 unit is at most three bytes. */
const mostBytes = 3 * (cellUnits + 1);

/** Asks for the columns as they are stored. The store cuts originals of megabytes to what a cell needs. */
export function sheetAsk(columns: readonly ReportColumn[], facts: RowsFacts, timeZone: string | null): RowsAsk {
  return {
    format: 'columns',
    columns: columns.map(({ name }) => name),
    timeZone,
    mostBytes: mayHoldLong(facts.care) ? mostBytes : null,
  };
}

export function sheetColumns(columns: readonly ReportColumn[]): SheetColumn[] {
  return columns.map(({ name }) => {
    return { kind: name === 'time' || name === 'localTime' ? 'time' : 'text', careMask: careMaskOf(name) };
  });
}
