import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import * as yauzl from 'yauzl';
import { Failure } from '../../domain/failure.ts';
import type { SourceFile } from '../file.ts';

/** A file in a ZIP archive. Its name is text from outside: it goes into no log. */
export type Entry = {
  /** Its place in the archive, from 1. */
  readonly number: number;
  readonly name: string;
  /** Why it cannot be unpacked, or null. */
  readonly unreadable: string | null;
  /** Its bytes; throws `body_too_large` past the archive's limits, and `DamagedEntry` where they are not the packed ones. */
  readonly open: () => AsyncIterable<Uint8Array>;
};

export class DamagedEntry extends Error {}

export type ArchiveLimits = { readonly entries: number; readonly inflatedBytes: number };

/** Deflate packs at most 1,032 to 1: an archive that unpacks to more has entries that share their bytes. */
const mostRatio = 1032;

const isZip = (head: Buffer) => head.length >= 4 && head.readUInt32LE(0) === 0x04034b50;

/** Whether a file begins like a ZIP archive with an entry in it. */
export async function isArchive(file: SourceFile): Promise<boolean> {
  const head: Uint8Array[] = [];
  for await (const chunk of file.read(0, Math.min(4, file.bytes))) head.push(chunk);
  return isZip(Buffer.concat(head));
}

/**
 * The files of a ZIP archive, in its order, without folders and what macOS adds. Throws `import_broken` when its
 * directory cannot be read, `body_too_large` when it has more entries than allowed.
 */
export async function entriesOf(file: SourceFile, limits: ArchiveLimits): Promise<readonly Entry[]> {
  try {
    return await readEntries(file, limits);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('import_broken', 'The ZIP archive is cut off or damaged; send the whole file again.', { cause });
  }
}

async function readEntries(file: SourceFile, limits: ArchiveLimits): Promise<readonly Entry[]> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
  const zip = await yauzl.fromRandomAccessReaderPromise(new Parts(file), file.bytes, options);
  if (zip.entryCount > limits.entries) {
    throw new Failure(
      'body_too_large',
      `The ZIP archive holds more than ${limits.entries} files; split it, or raise TRAILPORT_IMPORT_ENTRIES.`,
    );
  }
  const budget = new Budget(file.bytes, limits.inflatedBytes);
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    if (name.endsWith('/') || /(?:^|\/)(?:__MACOSX\/|\.DS_Store$|\._)/.test(name)) continue;
    const number = entries.length + 1;
    entries.push({ number, name, unreadable: unreadable(entry), open: () => bytesOf(zip, entry, budget) });
  }
  return entries;
}

function unreadable(entry: yauzl.Entry): string | null {
  if (entry.isEncrypted()) return 'It is encrypted; unpack it with its password and send the files.';
  return entry.canDecodeFileData()
    ? null
    : 'It is packed in a way that is not understood; unpack it and send the files.';
}

/** With `decodeStrings: false` the name comes as bytes; it is shown and never used as a path. */
function nameOf(entry: yauzl.Entry): string {
  const shown = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, [], false);
  return shown.slice(0, 255).toWellFormed();
}

async function* bytesOf(zip: yauzl.ZipFile, entry: yauzl.Entry, budget: Budget): AsyncGenerator<Uint8Array> {
  let sum = 0;
  let stream: Readable | null = null;
  try {
    stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      budget.take(chunk.length);
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new DamagedEntry('The entry is damaged.', { cause });
  } finally {
    stream?.destroy();
  }
  if (sum !== entry.crc32) throw new DamagedEntry('The entry is not what was packed.');
}

/** What all entries together may unpack to. Entries that are read twice count twice. */
class Budget {
  readonly #limit: number;
  readonly #ratioLimit: number;
  #taken = 0;

  constructor(packedBytes: number, inflatedBytes: number) {
    this.#limit = inflatedBytes;
    // A second and a third look at each entry are within the ratio.
    this.#ratioLimit = packedBytes * mostRatio * 3;
  }

  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken > this.#ratioLimit) {
      throw new Failure('body_too_large', 'The ZIP archive unpacks to more than it can hold; pack its files anew.');
    }
    if (this.#taken > this.#limit) {
      throw new Failure(
        'body_too_large',
        `The ZIP archive unpacks to more than ${this.#limit} bytes; split it, or raise TRAILPORT_IMPORT_INFLATED_BYTES.`,
      );
    }
  }
}

/** yauzl's way to ask for parts of a file. */
class Parts extends yauzl.RandomAccessReader {
  readonly #file: SourceFile;

  constructor(file: SourceFile) {
    super();
    this.#file = file;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#file.read(start, end), { objectMode: false });
  }
}
