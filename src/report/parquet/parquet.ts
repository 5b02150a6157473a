import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ReportFile } from '../../domain/job.ts';
import { rowsOf } from '../rows.ts';
import type { ReportTask, ReportWriter } from '../task.ts';
import { writeAt } from '../zip/archive.ts';
import { ParquetFile } from './parquet-file.ts';

const name = 'Activity report.parquet';

/** Typed columns with their API names in every language, because Parquet is read by programs. */
export const parquetWriter: ReportWriter = {
  mostUnits: null,
  async write(task, archive) {
    const files: ReportFile[] = [];
    await archive.addStored(name, async (start) => {
      const written = await writeParquet(task, start);
      files.push({ name, rows: task.facts.rows, bytes: written.end - start, sha256: written.sha256 });
      return written;
    });
    return files;
  },
};

async function writeParquet({ columns, facts, order, snapshot, file, follow }: ReportTask, start: number) {
  const hash = createHash('sha256');
  const parquet = new ParquetFile();
  let end = start;
  let crc = 0;
  const append = async (bytes: Uint8Array) => {
    hash.update(bytes);
    crc = crc32(bytes, crc);
    await writeAt(file, bytes, end);
    end += bytes.length;
  };
  const asked = { columns: columns.map(({ name }) => name), timeZone: order.request.timeZone };
  await append(ParquetFile.head);
  const rows = rowsOf(snapshot, { format: 'parquet', ...asked }, facts.rows, follow);
  for await (const chunk of rows) await append(parquet.add(chunk.bytes));
  if (facts.rows === 0) {
    const schema = snapshot.stream({ format: 'parquet schema', ...asked }, follow.signal);
    for await (const chunk of schema) parquet.addSchema(chunk.bytes);
  }
  await append(parquet.foot());
  return { end, crc, sha256: hash.digest('hex') };
}
