import { careBits, cellUnits } from '../../domain/care.ts';
import type { EngineQuery } from '../../store/store.ts';
import type { ReportColumn } from '../columns.ts';
import { mayBeLong, type RowsFacts } from '../rows.ts';
import { readInOrder, wallTime } from '../sql.ts';
import type { SheetColumn } from './sheet/columns.ts';

/** What the engine is asked for: columns as they are, in the format that costs it least. */
export function sheetQuery(columns: readonly ReportColumn[], facts: RowsFacts, timeZone: string | null): EngineQuery {
  const list = columns.map((column, i) => `${selected(column, mayBeLong(facts))} AS c${i}`);
  return {
    select: [...list, 'care'].join(', '),
    format: 'Native',
    settings: readInOrder,
    parameters: timeZone === null ? {} : { timeZone },
  };
}

export function sheetColumns(columns: readonly ReportColumn[]): SheetColumn[] {
  return columns.map(({ careBit }) =>
    careBit === null ? { kind: 'time', careMask: 0 } : { kind: 'text', careMask: 1 << careBit },
  );
}

/** Enough of a value for a cell and to see that there is more: a UTF-16 unit is three bytes at most. */
const mostBytes = 3 * (cellUnits + 1);

function selected({ name, source }: ReportColumn, cut: boolean): string {
  if (name === 'localTime') return `toFloat64(toUnixTimestamp64Milli(${wallTime}))`;
  if (name === 'time') return `toFloat64(toUnixTimestamp64Milli(${source}))`;
  // An original of megabytes does not have to come here for the few thousand letters that a cell holds.
  return name === 'raw' && cut ? `substring(${source}, 1, ${mostBytes})` : source;
}

/**
 * How many values the columns hold that are longer than a cell. Text columns are only looked at where `care` says so.
 */
export function valuesCut(columns: readonly ReportColumn[]): string {
  const terms = columns.flatMap(({ source, careBit }) => {
    if (careBit === null) return [];
    const flag = `bitTest(care, ${careBit === careBits.raw ? careBits.raw : careBits.long})`;
    return [`countIf(${flag} AND ${units(source)} > ${cellUnits})`];
  });
  return terms.length === 0 ? '0' : terms.join(' + ');
}

/** The rows that have such a value. */
export function hasValueCut(columns: readonly ReportColumn[]): string {
  const terms = columns.flatMap(({ source, careBit }) => {
    return careBit === null ? [] : [`${units(source)} > ${cellUnits}`];
  });
  return `bitAnd(care, ${(1 << careBits.long) | (1 << careBits.raw)}) != 0 AND (${['0', ...terms].join(' OR ')})`;
}

/** UTF-16 units: one a character, two beyond the first plane. Never more than bytes, so short values are not counted. */
function units(text: string): string {
  return `if(length(${text}) <= ${cellUnits}, 0, lengthUTF8(${text}) + countMatches(${text}, '[\\\\x{10000}-\\\\x{10FFFF}]'))`;
}
