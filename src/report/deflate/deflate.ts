import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { constants, createGzip } from 'node:zlib';
import { crcOfBoth } from '../zip/crc.ts';

/** Text that one thread deflates at a time. Larger blocks gain nothing; smaller ones cost calls and lose their window. */
const blockBytes = 4 * 2 ** 20;

/** Smaller pieces are gathered, so that a stream of crumbs does not become a stream of blocks. */
const leastBlockBytes = 2 ** 20;

/** An empty last block with fixed codes (RFC 1951, 3.2.6): ends a stream whose blocks all ended with a flush. */
const lastBlock = Buffer.of(0x03, 0x00);

/** A piece of a deflate stream that ends on a whole byte without ending the stream, and the size and CRC of its text. */
export type DeflatedBlock = { readonly deflated: Uint8Array; readonly textBytes: number; readonly crc: number };

/**
 * Deflates a stream of text on every core into one valid deflate stream: blocks are independent, each ends with a sync
 * flush on a byte boundary, and they are written in their order. Memory is bounded by the blocks in flight.
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

  /** Takes text and returns when there is room for more. The text must not change afterwards. */
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

  /** Writes what is left and ends the stream; answers with the size and CRC of the text. */
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

  /** Takes a block that somebody else deflates, begun when there is room for it. Its text is independent of all before. */
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
    // Its error is met when its turn to be written comes; until then it is not unhandled.
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
 * One block, by way of gzip: zlib then takes the CRC of what is in the cache already, on the thread that deflates; by
 * itself the CRC was a tenth of all work, on the one thread that everything waits for. The gzip header (RFC 1952, 2.3),
 * the empty last block and the trailer are cut off again.
 */
async function blockOf(text: Uint8Array): Promise<DeflatedBlock> {
  // One output buffer in nearly every case: each further one is another trip through the thread pool.
  const gzip = createGzip({ level: 1, chunkSize: (text.length >> 2) + 4096 });
  const parts: Buffer[] = [];
  gzip.on('data', (part: Buffer) => parts.push(part));
  gzip.write(text);
  // Ended only when flushed: an end that waits behind a flush takes its place.
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
