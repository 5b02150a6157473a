import type { FormulaGuard } from '../../store/store.ts';

/** First characters that a spreadsheet takes for a formula; the full-width forms in Japanese and Chinese versions. */
export const formulaStarts = '=+-@＝＋－＠';

/** In CSV also a tab and line breaks, which some spreadsheets skip. LibreOffice ignores a NUL. */
export const formulaGuard: FormulaGuard = { starts: `${formulaStarts}\t\r\n`, skipped: '\0', prefix: "'" };
