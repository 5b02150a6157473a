import type { Language } from '../../../domain/columns.ts';
import { textWidth } from '../../../kit/print.ts';
import type { SummarySection, SummaryValue } from '../../summary.ts';
import { cellStyles, firstExcelMs, likeFormula, serialOf, textCell, timeText } from '../text.ts';
import { page, worksheetOpen } from './sheet.ts';

const dayMs = 86_400_000;

/** Characters on a line of a label and of a value; the columns are somewhat wider. */
const labelWidth = 36;
const valueWidth = 84;

/** The Summary: sections of labels and values, and of counts with a bar in each cell. */
export function summarySheet(
  title: string,
  sections: readonly SummarySection[],
  cutMark: string,
  language: Language,
): string {
  const rows: string[] = [];
  const bars: string[] = [];
  const add = (cells: (row: number) => string, height = '') => {
    rows.push(`<row r="${rows.length + 1}"${height}>${cells(rows.length + 1)}</row>`);
  };
  add((row) => textCell(`A${row}`, title, cutMark, cellStyles.title), ' ht="26" customHeight="1"');
  for (const section of sections) {
    add(() => '');
    const { heading } = section;
    add(
      (row) =>
        textCell(`A${row}`, heading, cutMark, cellStyles.section) +
        valueCell(`B${row}`, section.unit, cutMark, 'section'),
    );
    const first = rows.length + 1;
    for (const [label, value] of section.lines) {
      add(
        (row) => labelCell(`A${row}`, label, cutMark, section.bars) + valueCell(`B${row}`, value, cutMark),
        heightFor(label, value),
      );
    }
    if (section.bars) bars.push(barsIn(`B${first}:B${rows.length}`, bars.length + 1));
  }
  return (
    `${worksheetOpen(`A1:B${rows.length}`)}` +
    '<sheetViews><sheetView showGridLines="0" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/>' +
    `<cols><col min="1" max="1" width="${labelWidth + 2}" customWidth="1"/><col min="2" max="2" width="${valueWidth + 6}" customWidth="1"/></cols>` +
    `<sheetData>${rows.join('')}</sheetData>${bars.join('')}${page(language)}</worksheet>`
  );
}

/** Rows that wrap get a height: not every program finds one by itself. Excel's limit is 409 points. */
function heightFor(...cells: readonly (SummaryValue | { readonly dayMs: number })[]): string {
  const lines = cells.map((cell, i) =>
    typeof cell === 'string' ? Math.ceil(textWidth(cell) / (i === 0 ? labelWidth : valueWidth)) : 1,
  );
  const most = Math.max(...lines);
  return most <= 1 ? '' : ` ht="${Math.min(409, most * 15)}" customHeight="1"`;
}

/**
 * Bars are drawn from the cells' own numbers: no formula, no reference to other cells (18.3.1.28). Without `minLength`
 * the least number has a tenth of the cell.
 */
function barsIn(range: string, priority: number): string {
  return (
    `<conditionalFormatting sqref="${range}"><cfRule type="dataBar" priority="${priority}"><dataBar minLength="0">` +
    '<cfvo type="num" val="0"/><cfvo type="max"/><color rgb="FF9DC3E6"/></dataBar></cfRule></conditionalFormatting>'
  );
}

/** `counted`: the label is a name that was counted, as a day is, and not the name of a fact. */
function labelCell(
  reference: string,
  label: string | { readonly dayMs: number },
  cutMark: string,
  counted: boolean,
): string {
  if (typeof label === 'string') {
    const style = counted ? cellStyles.value : cellStyles.label;
    return textCell(reference, label, cutMark, likeFormula.test(label) ? cellStyles.quotedValue : style);
  }
  return dateCell(reference, label.dayMs, cutMark, 'day');
}

function valueCell(
  reference: string,
  value: SummaryValue,
  cutMark: string,
  style: 'value' | 'section' = 'value',
): string {
  if (typeof value === 'string') {
    const chosen = style === 'value' && likeFormula.test(value) ? cellStyles.quotedValue : cellStyles[style];
    return textCell(reference, value, cutMark, chosen);
  }
  if ('count' in value) return `<c r="${reference}" s="${cellStyles.count}"><v>${value.count}</v></c>`;
  return dateCell(reference, value.timeMs, cutMark, 'date');
}

function dateCell(reference: string, ms: number, cutMark: string, style: 'date' | 'day'): string {
  if (ms < firstExcelMs) {
    return textCell(reference, style === 'day' ? timeText(ms).slice(0, 10) : timeText(ms), cutMark, cellStyles.value);
  }
  const serial = style === 'day' ? String(ms / dayMs + 25_569) : serialOf(ms);
  return `<c r="${reference}" s="${cellStyles[style]}"><v>${serial}</v></c>`;
}
