import { readFileSync } from 'node:fs';
import ExcelJS from 'exceljs';
import type { Timed } from './children.ts';

/**
 * Writes tab-separated rows as a workbook with exceljs' streaming writer. The rows are parsed before the clock starts;
 * inline strings and deflate level 1 are its fastest settings. Arguments: rows file, workbook, runs.
 */
const [rowsFile, workbookFile, runs] = process.argv.slice(2) as [string, string, string];
const rows = readFileSync(rowsFile, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [time, ...texts] = line.split('\t');
    return [new Date(Number(time)), ...texts];
  });
const seconds: number[] = [];
for (let run = 0; run < Number(runs); run++) {
  const started = performance.now();
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({
    filename: workbookFile,
    useStyles: true,
    useSharedStrings: false,
    zip: { zlib: { level: 1 } },
  } as never);
  const sheet = workbook.addWorksheet('Activities');
  sheet.getColumn(1).numFmt = 'yyyy-mm-dd hh:mm:ss.000';
  for (const row of rows) sheet.addRow(row).commit();
  sheet.commit();
  await workbook.commit();
  seconds.push((performance.now() - started) / 1000);
}
const answer: Timed = { rows: rows.length, seconds, rssBytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(`${JSON.stringify(answer)}\n`);
