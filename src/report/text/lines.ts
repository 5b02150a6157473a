import { createHash } from 'node:crypto';
import type { ReportFile } from '../../domain/job.ts';
import type { RowsAsk, Snapshot } from '../../store/store.ts';
import { type Follow, rowsOf } from '../rows.ts';
import type { Archive } from '../zip/archive.ts';

/** Adds a text file to the archive as the store writes it, after `head`, deflated on every core. */
export async function addLines(
  archive: Archive,
  name: string,
  snapshot: Snapshot,
  ask: RowsAsk,
  rows: number,
  follow: Follow,
  head = '',
): Promise<ReportFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  await archive.addStream(name, async (into) => {
    const addText = (text: Uint8Array) => {
      hash.update(text);
      bytes += text.length;
      return into.add(text);
    };
    if (head !== '') await addText(Buffer.from(head));
    for await (const chunk of rowsOf(snapshot, ask, rows, follow)) await addText(chunk.bytes);
  });
  return { name, rows, bytes, sha256: hash.digest('hex') };
}
