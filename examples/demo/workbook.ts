import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import exceljs from 'exceljs';
import yauzl from 'yauzl';

/** The rows of a report's first sheet, the header first, read by libraries that are not ours. */
export async function rowsOf(zip: Buffer): Promise<string[][]> {
  const workbook = new exceljs.Workbook();
  const bytes = await fileIn(zip, '.xlsx');
  await workbook.xlsx.load(bytes as unknown as Parameters<typeof workbook.xlsx.load>[0]);
  const rows: string[][] = [];
  workbook.worksheets[0]?.eachRow((row) => {
    const values = row.values as unknown[];
    rows.push(Array.from({ length: values.length - 1 }, (_, i) => textOf(values[i + 1])));
  });
  return rows;
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString().slice(0, 19).replace('T', ' ');
  return value === undefined || value === null ? '' : String(value);
}

async function fileIn(zip: Buffer, ending: string): Promise<Buffer> {
  const archive = await promisify<Buffer, yauzl.Options, yauzl.ZipFile>(yauzl.fromBuffer)(zip, { lazyEntries: false });
  return new Promise((resolve, reject) => {
    archive.on('error', reject);
    archive.on('end', () => reject(new Error(`the report holds no file that ends in ${ending}`)));
    archive.on('entry', (entry: yauzl.Entry) => {
      if (!entry.fileName.endsWith(ending)) return;
      archive.openReadStream(entry, (error, stream) => {
        if (error) reject(error);
        else buffer(stream).then(resolve, reject);
      });
    });
  });
}
