import { careBits, cellUnits } from '../domain/care.ts';
import type { ReportColumn } from './columns.ts';
import type { RowsFacts } from './rows.ts';
import { isoOf, quoted, rowTemplate, wallTime } from './sql.ts';
import { cellStyles, columnLetters } from './xlsx-text.ts';

const open = '" t="inlineStr"><is><t>';
const close = '</t></is></c>';

/** What the engine is asked for so that it writes the rows of the sheets, with numbers that begin anew on each. */
export function sheetRows(columns: readonly ReportColumn[], facts: RowsFacts, rowsPerSheet: number, cutMark: string) {
  const number = `(rowNumberInAllBlocks() + {firstRow:UInt64}) % ${rowsPerSheet} + 2 AS n`;
  const cells = columns.map((column, i) => cellFor(column, `c${i}`, facts, cutMark));
  const row = cells.map(({ template }, i) => `<c r="${columnLetters(i)}\${n:Raw}${template}`).join('');
  return {
    select: [number, ...cells.map(({ select }) => select)].join(', '),
    settings: rowTemplate(`<row r="\${n:Raw}">${row}</row>`),
  };
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

type Cell = { readonly select: string; readonly template: string };

/** The cheapest text that is exact for what the whole selection holds in this column. */
function cellFor(column: ReportColumn, alias: string, facts: RowsFacts, cutMark: string): Cell {
  const { name, source, careBit, emptyBit } = column;
  const raw = `\${${alias}:Raw}`;
  if (careBit === null) {
    const time = name === 'localTime' ? wallTime : source;
    return facts.firstMs !== null && facts.firstMs < firstExcelMs
      ? { select: `${timeOrText(time)} AS ${alias}`, template: raw }
      : { select: `${serial(time)} AS ${alias}`, template: `" s="${cellStyles.time}"><v>${raw}</v></c>` };
  }
  const flagged = (facts.care & (1 << careBit)) !== 0;
  const empties = emptyBit !== null && (facts.care & (1 << emptyBit)) !== 0;
  // Copying the column and leaving the escapes to the format is the fastest; it is also exact for a column without flags.
  if (!flagged && !empties) {
    return { select: `${source} AS ${alias}`, template: `${open}\${${alias}:XML}${close}` };
  }
  const arms = [`${source} = '', '"/>'`];
  if (flagged) arms.push(`bitTest(care, ${careBit}), ${exactCell(source, cutMark)}`);
  const plain = `concat(${quoted(open)}, encodeXMLComponent(${source}), ${quoted(close)})`;
  return { select: `multiIf(${arms.join(', ')}, ${plain}) AS ${alias}`, template: raw };
}

/** Excel has no date before 1900-03-01 that other readers understand: it takes 1900 for a leap year. */
const firstExcelMs = Date.UTC(1900, 2, 1);

/**
 * Days since 1899-12-30 with ten decimals, rounded up to less than 9 µs: a reader that rounds and one that truncates
 * find the same millisecond. Whole numbers throughout, since 10^10 / 86,400,000 is 3125 / 27.
 */
function serial(time: string): string {
  const ms = `(toUnixTimestamp64Milli(${time}) + ${25_569 * 86_400_000})`;
  return `reinterpret(toInt64(intDiv(${ms} * 3125 + 26, 27)), 'Decimal(18, 10)')`;
}

function timeOrText(time: string): string {
  const asText = `concat(${quoted(open)}, ${isoOf(time)}, ${quoted(close)})`;
  const asDate = `concat('" s="${cellStyles.time}"><v>', toString(${serial(time)}), '</v></c>')`;
  return `if(toUnixTimestamp64Milli(${time}) < ${firstExcelMs}, ${asText}, ${asDate})`;
}

/** The whole rule of reports.md for a value that is not plain; `textCell` is the same in TypeScript. */
function exactCell(text: string, cutMark: string): string {
  const quotes = `match(${text}, ${quoted('^[=+\\-@\\x00-\\x1f\\x7f-\\x{9f}]')})`;
  const style = `if(${quotes}, '" t="inlineStr" s="${cellStyles.quoted}"><is><t xml:space="preserve">', '" t="inlineStr"><is><t xml:space="preserve">')`;
  return `concat(${style}, encodeXMLComponent(${escaped(cut(text, cutMark))}), ${quoted(close)})`;
}

function escaped(text: string): string {
  // The engine's regular expressions have no look-ahead, and look-alikes may share an underscore. With every underscore
  // doubled they no longer share one; afterwards the doubles become single again.
  const doubled = `replaceAll(${text}, '_', '__')`;
  const marked = `replaceRegexpAll(${doubled}, '_(x[0-9A-Fa-f]{4})_', '_x005F__\\\\1_')`;
  return forbidden.reduce(
    (sql, [character, written]) => `replaceAll(${sql}, ${character}, '${written}')`,
    `replaceAll(${marked}, '__', '_')`,
  );
}

/** What XML 1.0 cannot hold (section 2.2), and CR, which its readers would turn into LF (section 2.11). */
const forbidden: readonly (readonly [character: string, escape: string])[] = [
  ...Array.from({ length: 32 }, (_, code) => code)
    .filter((code) => code !== 9 && code !== 10)
    .map((code) => [`char(${code})`, `_x${code.toString(16).toUpperCase().padStart(4, '0')}_`] as const),
  ['char(239, 191, 190)', '_xFFFE_'],
  ['char(239, 191, 191)', '_xFFFF_'],
];

/** UTF-16 units: one a character, two beyond the first plane. Never more than bytes, so short values are not counted. */
function units(text: string): string {
  return `if(length(${text}) <= ${cellUnits}, 0, lengthUTF8(${text}) + countMatches(${text}, '[\\\\x{10000}-\\\\x{10FFFF}]'))`;
}

function cut(text: string, mark: string): string {
  const wide = `convertCharset(${text}, 'UTF-8', 'UTF-16LE')`;
  const kept = cellUnits - mark.length;
  // The last unit kept must not be the first half of a pair (D800 to DBFF, high byte second).
  const insidePair = `reinterpretAsUInt8(substring(${wide}, ${kept * 2}, 1)) BETWEEN 216 AND 219`;
  const prefix = `substring(${wide}, 1, ${kept * 2} - if(${insidePair}, 2, 0))`;
  const shortened = `concat(convertCharset(${prefix}, 'UTF-16LE', 'UTF-8'), ${quoted(mark)})`;
  return `if(${units(text)} > ${cellUnits}, ${shortened}, ${text})`;
}
