import type { ReportColumn } from '../columns.ts';
import { notPlain, type RowsFacts } from '../rows.ts';
import { isoWallTime, quoted, rowTemplate } from '../sql.ts';
import type { ReportWriter } from '../task.ts';
import { addLines } from './lines.ts';

/** RFC 4180 with a byte order mark, without which Excel takes UTF-8 for something older. */
export const csvWriter: ReportWriter = {
  valuesCut: null,
  async write({ columns, facts, snapshot, follow, order }, archive) {
    const fields = columns.map((_, i) => `\${c${i}:CSV}`);
    const query = {
      select: columns.map((column, i) => `${fieldFor(column, facts)} AS c${i}`).join(', '),
      format: 'Template',
      // ISO 8601 with Z: no reader has to guess the zone.
      settings: { ...rowTemplate(`${fields.join(',')}\r\n`), date_time_output_format: 'iso' },
      ...(order.request.timeZone === null ? {} : { parameters: { timeZone: order.request.timeZone } }),
    };
    const head = `\ufeff${columns.map(({ title }) => `"${title.replaceAll('"', '""')}"`).join(',')}\r\n`;
    return [await addLines(archive, 'Activity report.csv', snapshot, query, facts.rows, follow, head)];
  },
};

/** A value as it is, or after a `'` when a spreadsheet would take it for a formula. The format quotes every text. */
function fieldFor({ name, source, careBit }: ReportColumn, facts: RowsFacts): string {
  if (name === 'localTime') return isoWallTime;
  const condition = careBit === null ? null : notPlain(facts, careBit);
  if (condition === null) return source;
  return `if(${condition} AND match(${source}, ${quoted('^\\x00*[=+\\-@\\t\\r\\n]')}), concat('\\'', ${source}), ${source})`;
}
