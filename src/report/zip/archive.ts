import type { FileHandle } from 'node:fs/promises';
import { crc32, deflateRawSync } from 'node:zlib';
import { ParallelDeflate } from '../deflate/deflate.ts';
import { crcOfBoth } from './crc.ts';
import { centralHeader, type Entry, endOfDirectory, localHeader } from './headers.ts';

/** What was written: the offset in the whole file after its last byte, and its CRC-32. */
export type Written = { readonly end: number; readonly crc: number };

/**
 * A ZIP (APPNOTE.TXT 6.3.10) written into a file from `start` on, so that one archive can be inside another. The local
 * header of a streamed entry is written again with its sizes and CRC; there is no data descriptor. All times are
 * 1980-01-01, so equal contents give equal bytes. ZIP64 is used only where a size needs it.
 */
export class Archive {
  readonly #file: FileHandle;
  readonly #start: number;
  readonly #entries: Entry[] = [];
  #end: number;

  constructor(file: FileHandle, start = 0) {
    this.#file = file;
    this.#start = start;
    this.#end = start;
  }

  /** Adds a small file, deflated. */
  async add(name: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const deflated = deflateRawSync(bytes);
    const entry = this.#entry(name, 'deflate', false);
    Object.assign(entry, { crc: crc32(bytes), bytes: bytes.length });
    Object.assign(entry, { storedCrc: crc32(deflated), storedBytes: deflated.length });
    await this.#append(Buffer.concat([localHeader(entry), deflated]));
    this.#entries.push(entry);
  }

  /** Adds a file whose text is streamed, deflated on every core. */
  async addStream(name: string, write: (into: ParallelDeflate) => Promise<void>): Promise<void> {
    const entry = this.#entry(name, 'deflate', true);
    await this.#append(localHeader(entry));
    const deflate = new ParallelDeflate(async (bytes) => {
      entry.storedBytes += bytes.length;
      entry.storedCrc = crc32(bytes, entry.storedCrc);
      await this.#append(bytes);
    });
    await write(deflate);
    await this.#finish(entry, await deflate.end());
  }

  /** Adds a file without compression; `write` writes it from the given offset of the whole file on. */
  async addStored(name: string, write: (start: number) => Promise<Written>): Promise<void> {
    const entry = this.#entry(name, 'store', true);
    await this.#append(localHeader(entry));
    const start = this.#end;
    const { end, crc } = await write(start);
    this.#end = end;
    Object.assign(entry, { storedBytes: end - start, storedCrc: crc });
    await this.#finish(entry, { bytes: end - start, crc });
  }

  /** Writes the directory. The CRC is of the finished archive, although local headers were written twice. */
  async close(): Promise<Written> {
    const offset = this.#end - this.#start;
    const headers = Buffer.concat(this.#entries.map(centralHeader));
    const directory = Buffer.concat([headers, endOfDirectory(this.#entries.length, offset, headers.length)]);
    await this.#append(directory);
    let crc = 0;
    for (const entry of this.#entries) {
      crc = crcOfBoth(crc32(localHeader(entry), crc), entry.storedCrc, entry.storedBytes);
    }
    return { end: this.#end, crc: crc32(directory, crc) };
  }

  #entry(name: string, method: Entry['method'], grows: boolean): Entry {
    return { name, method, grows, offset: this.#end - this.#start, crc: 0, bytes: 0, storedCrc: 0, storedBytes: 0 };
  }

  async #finish(entry: Entry, written: { readonly bytes: number; readonly crc: number }): Promise<void> {
    Object.assign(entry, written);
    await writeAt(this.#file, localHeader(entry), this.#start + entry.offset);
    this.#entries.push(entry);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await writeAt(this.#file, bytes, this.#end);
    this.#end += bytes.length;
  }
}

/** Writes all of `bytes`; one call of the file system may write only a part. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
