import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { constants, createGzip } from 'node:zlib';
import { crcOfBoth } from '../zip/crc.ts';

/** Text that one thread deflates at a time. Larger blocks gain nothing; smaller ones cost calls and lose the window. */
const blockBytes = 4 * 2 ** 20;

/** Smaller pieces are joined, so that a stream of small pieces does not become a stream of small blocks. */
const leastBlockBytes = 2 ** 20;

/** An empty last block with fixed codes (RFC 1951 §3.2.6): ends a stream whose blocks all ended with a flush. */
const lastBlock = Buffer.of(0x03, 0x00);

/** A part of a deflate stream that ends on a byte boundary without ending the stream; size and CRC of its text. */
export type DeflatedBlock = { readonly deflated: Uint8Array; readonly textBytes: number; readonly crc: number };

/**
 * Deflates a stream of text on every core into one valid deflate stream: blocks are independent, each ends with a sync
 * flush on a byte boundary, and they are written in order. The blocks in flight bound the memory.
 */
export class ParallelDeflate {
  readonly #write: (deflated: Uint8Array) => Promise<void>;
  readonly #inFlight: Promise<DeflatedBlock>[] = [];
  readonly #most = availableParallelism() + 1;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #bytes = 0;
  #crc = 0;

  constructor(write: (deflated: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** Adds text; resolves when there is room for more. The text must not change afterwards. */
  async add(text: Uint8Array): Promise<void> {
    if (text.length < leastBlockBytes) {
      this.#gathered.push(text);
      this.#gatheredBytes += text.length;
      if (this.#gatheredBytes >= leastBlockBytes) await this.#startGathered();
      return;
    }
    await this.#startGathered();
    const pieces = Math.ceil(text.length / blockBytes);
    for (let i = 0; i < pieces; i++) {
      await this.#start(
        text.subarray(Math.floor((text.length * i) / pieces), Math.floor((text.length * (i + 1)) / pieces)),
      );
    }
  }

  /** Writes what is left and ends the stream; returns the size and CRC of the text. */
  async end(): Promise<{ readonly bytes: number; readonly crc: number }> {
    await this.#startGathered();
    while (this.#inFlight.length > 0) await this.#writeOldest();
    await this.#write(lastBlock);
    return { bytes: this.#bytes, crc: this.#crc };
  }

  async #startGathered(): Promise<void> {
    if (this.#gatheredBytes === 0) return;
    const text = this.#gathered.length === 1 ? this.#gathered[0]! : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#start(text);
  }

  /** Adds a block that is deflated elsewhere, started when there is room for it; it must not refer to text before it. */
  async addBlock(begin: () => Promise<DeflatedBlock>): Promise<void> {
    await this.#startGathered();
    await this.#begin(begin);
  }

  #start(text: Uint8Array): Promise<void> {
    return this.#begin(() => blockOf(text));
  }

  async #begin(begin: () => Promise<DeflatedBlock>): Promise<void> {
    while (this.#inFlight.length >= this.#most) await this.#writeOldest();
    const block = begin();
    // The error is thrown when the block is written; until then it counts as handled.
    block.catch(() => undefined);
    this.#inFlight.push(block);
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#inFlight.shift();
    if (oldest === undefined) return;
    const { deflated, textBytes, crc } = await oldest;
    this.#bytes += textBytes;
    this.#crc = crcOfBoth(this.#crc, crc, textBytes);
    await this.#write(deflated);
  }
}

const gzipHeaderBytes = 10;
const gzipTrailerBytes = 8;

/**
 * One block, made as gzip: zlib then computes the CRC of text that is in the cache, on the thread that deflates. On the
 * main thread the CRC was a tenth of all work. The gzip header (RFC 1952 §2.3), the empty last block and the trailer are
 * cut off again.
 */
async function blockOf(text: Uint8Array): Promise<DeflatedBlock> {
  // One output buffer is enough in nearly every case; each further one costs another call of the thread pool.
  const gzip = createGzip({ level: 1, chunkSize: (text.length >> 2) + 4096 });
  const parts: Buffer[] = [];
  gzip.on('data', (part: Buffer) => parts.push(part));
  gzip.write(text);
  // Ended only after the flush: an end that is queued behind a flush replaces it.
  gzip.flush(constants.Z_SYNC_FLUSH, () => gzip.end());
  await once(gzip, 'end');
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const end = bytes.length - gzipTrailerBytes - lastBlock.length;
  if (!bytes.subarray(end, end + lastBlock.length).equals(lastBlock)) {
    throw new RangeError('zlib did not end the block as expected.');
  }
  const crc = bytes.readUInt32LE(bytes.length - gzipTrailerBytes);
  return { deflated: bytes.subarray(gzipHeaderBytes, end), textBytes: text.length, crc };
}
