import { Readable } from 'node:stream';
import ExcelJS from 'exceljs';
import yauzl from 'yauzl';

export type Row = Readonly<Record<string, string | Date>>;

/** The entries of a ZIP, read by yauzl. */
export async function unzipped(zip: Buffer): Promise<Map<string, Buffer>> {
  const archive = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    yauzl.fromBuffer(zip, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const entries = new Map<string, Buffer>();
  await new Promise<void>((resolve, reject) => {
    archive.on('error', reject).on('end', resolve);
    archive.on('entry', (entry: yauzl.Entry) => {
      archive.openReadStream(entry, async (error, stream) => {
        if (error) return reject(error);
        entries.set(entry.fileName, Buffer.concat(await stream.toArray()));
        archive.readEntry();
      });
    });
    archive.readEntry();
  });
  return entries;
}

/** The rows of a report's *Activities* sheet by column title, read by exceljs. */
export async function activitiesOf(zip: Buffer): Promise<Row[]> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.read(Readable.from([(await unzipped(zip)).get('Activity report.xlsx')!]));
  const sheet = workbook.getWorksheet('Activities');
  if (sheet === undefined) throw new Error('the workbook has no sheet Activities');
  const titles = (sheet.getRow(1).values as string[]).slice(1);
  const rows: Row[] = [];
  sheet.eachRow((row, number) => {
    if (number === 1) return;
    rows.push(Object.fromEntries(titles.map((title, i) => [title, (row.getCell(i + 1).value ?? '') as string | Date])));
  });
  return rows;
}
