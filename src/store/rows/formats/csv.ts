import { literal } from '../../literal.ts';
import { careMaskOf, isCareStart } from '../../rules/care.ts';
import type { AskedColumn, FormulaGuard, RowsAsk } from '../ask.ts';
import { storedColumn } from '../columns.ts';
import { type RowsQuery, rowTemplate, zoneParameter } from '../query.ts';
import { isoWallTime } from '../time.ts';

/** Lines of CSV. The format quotes every text and doubles the quotes in it. */
export function csvQuery(ask: Extract<RowsAsk, { readonly format: 'csv' }>, care: number): RowsQuery {
  const fields = ask.columns.map((_, i) => `\${c${i}:CSV}`);
  return {
    select: ask.columns.map((name, i) => `${fieldFor(name, ask.formulas, care)} AS c${i}`).join(', '),
    format: 'Template',
    // ISO 8601 with Z: no reader has to guess the zone.
    settings: { ...rowTemplate(`${fields.join(',')}\r\n`), date_time_output_format: 'iso' },
    where: null,
    whereLean: null,
    raw: ask.columns.includes('raw'),
    parameters: zoneParameter(ask.timeZone),
  };
}

/** A value as it is, or after the guard's prefix. `care` has every bit that any row of the snapshot has. */
function fieldFor(name: AskedColumn, guard: FormulaGuard, care: number): string {
  if (name === 'localTime') return isoWallTime;
  if (name === 'time') return 'time';
  const mask = careMaskOf(name);
  const column = storedColumn(name);
  // Only values that are not plain can begin like a formula, unless the guard names characters that the rule does not.
  const covered = [...guard.starts, ...guard.skipped].every(isCareStart);
  if (covered && (care & mask) === 0) return column;
  const begins = `match(${column}, ${literal(`^[${escaped(guard.skipped)}]*[${escaped(guard.starts)}]`)})`;
  const condition = covered ? `bitAnd(care, ${mask}) != 0 AND ${begins}` : begins;
  return `if(${condition}, concat(${literal(guard.prefix)}, ${column}), ${column})`;
}

/** Characters as members of a class of RE2. */
function escaped(characters: string): string {
  return [...characters].map((one) => `\\x{${one.codePointAt(0)!.toString(16)}}`).join('');
}
