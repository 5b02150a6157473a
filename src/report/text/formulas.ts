import type { FormulaGuard } from '../../store/store.ts';

/** Characters with which a spreadsheet begins a formula; the full-width ones in Excel for Japanese and Chinese. */
export const formulaStarts = '=+-@＝＋－＠';

/** In CSV also a tab and line breaks, after which some spreadsheets read on. A NUL is nothing to LibreOffice. */
export const formulaGuard: FormulaGuard = { starts: `${formulaStarts}\t\r\n`, skipped: '\0', prefix: "'" };
