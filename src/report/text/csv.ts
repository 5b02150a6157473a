import type { ReportWriter } from '../task.ts';
import { formulaGuard } from './formulas.ts';
import { addLines } from './lines.ts';

/** RFC 4180 with a byte order mark; without one, Excel reads UTF-8 as an older encoding. */
export const csvWriter: ReportWriter = {
  mostUnits: null,
  async write({ columns, facts, snapshot, follow, order }, archive) {
    const { timeZone } = order.request;
    const ask = { format: 'csv', columns: columns.map(({ name }) => name), timeZone, formulas: formulaGuard } as const;
    const head = `\ufeff${columns.map(({ title }) => `"${title.replaceAll('"', '""')}"`).join(',')}\r\n`;
    return [await addLines(archive, 'Activity report.csv', snapshot, ask, facts.rows, follow, head)];
  },
};
