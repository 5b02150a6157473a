import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** A received file that can be read from any place and more than once: a second look and a ZIP archive need that. */
export type SourceFile = {
  /** Length in bytes. */
  readonly bytes: number;
  /** The furthest byte that was read, for progress. */
  readonly position: number;
  /** The bytes from `start` up to `end`, which is outside; the whole file without either. */
  read(start?: number, end?: number): AsyncIterable<Uint8Array>;
};

/** A file on disk. Throws what `stat` throws when it is gone. */
export async function fileAt(path: string): Promise<SourceFile> {
  const { size } = await stat(path);
  return followed(size, (start, end) => createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 20 }));
}

/** A file of `bytes` bytes whose parts `part` reads. */
export function followed(bytes: number, part: (start: number, end: number) => AsyncIterable<Uint8Array>): SourceFile {
  let position = 0;
  async function* read(start = 0, end = bytes) {
    if (start >= end) return;
    let at = start;
    for await (const chunk of part(start, end)) {
      at += chunk.byteLength;
      position = Math.max(position, at);
      yield chunk;
    }
  }
  return {
    bytes,
    get position() {
      return position;
    },
    read,
  };
}
