import { createGunzip, type Gunzip } from 'node:zlib';
import { Failure } from '../../domain/failure.ts';

/** Deflate packs at most 1,032 to 1, so what one slice unpacks to is 4 MiB at most. */
const sliceBytes = 4096;

const brokenHere =
  'The gzip data is cut off or damaged here, and what follows could not be read; send the whole file again.';

/**
 * Unpacks gzip data of any number of members, zeros between and after them. Calls `onBreak` with a reason and ends where
 * the data is cut off or is not gzip. Throws `body_too_large` when it unpacks to more than `most` bytes.
 *
 * Not a pipeline: that drops what is unpacked but not yet read when the data breaks, and everything before the break
 * counts. What zlib had unpacked of the slice that broke is lost nevertheless, so the slices are small, and the first of
 * a member is tried again byte by byte.
 */
export async function* inflated(
  packed: AsyncIterable<Buffer>,
  most: number,
  onBreak: (reason: string) => void,
): AsyncGenerator<Buffer> {
  let left = most;
  let member: Member | null = null;
  try {
    for await (const slice of slicesOf(packed)) {
      for (let rest = slice; rest.length > 0; ) {
        if (member === null) {
          rest = withoutZeros(rest);
          if (rest.length === 0) break;
          member = new Member();
        }
        const { data, read, state } = await member.unpack(rest, left);
        for (const piece of data) left -= piece.length;
        if (left < 0) throw tooLarge(most);
        yield* data;
        if (state === 'broken') return onBreak(brokenHere);
        rest = rest.subarray(read);
        if (state === 'ended') {
          member.close();
          member = null;
        }
      }
    }
    const data = await member?.finish();
    if (data === null) onBreak(brokenHere);
  } finally {
    member?.close();
  }
}

type Step = { readonly data: readonly Buffer[]; readonly read: number; readonly state: 'open' | 'ended' | 'broken' };

/** One run of gzip members without anything between them. */
class Member {
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: 64 * 1024 });
  #data: Buffer[] = [];
  #failed = false;
  #left = 0;

  constructor() {
    this.#gunzip.on('data', (data: Buffer) => {
      this.#left -= data.length;
      // One piece too many says that the limit is passed; a bomb must not fill the memory.
      if (this.#left > -64 * 1024) this.#data.push(data);
    });
    this.#gunzip.on('error', () => {
      this.#failed = true;
    });
  }

  async unpack(slice: Buffer, left: number): Promise<Step> {
    const before = this.#gunzip.bytesWritten;
    this.#left = left;
    this.#data = [];
    await this.#settled((done) => this.#gunzip.write(slice, done));
    if (this.#failed && before === 0 && slice.length > 1) return byteByByte(slice, left);
    const read = this.#gunzip.bytesWritten - before;
    const state = this.#failed ? 'broken' : read < slice.length ? 'ended' : 'open';
    return { data: this.#data, read, state };
  }

  /** Null when the data was cut off. */
  async finish(): Promise<readonly Buffer[] | null> {
    this.#data = [];
    await this.#settled((done) => this.#gunzip.once('end', done).end());
    return this.#failed ? null : this.#data;
  }

  close(): void {
    this.#gunzip.destroy();
  }

  #settled(begin: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#gunzip.off('close', done);
        resolve();
      };
      this.#gunzip.once('close', done);
      begin(done);
    });
  }
}

/** A member whose first slice broke, read again byte by byte. */
async function byteByByte(slice: Buffer, left: number): Promise<Step> {
  const member = new Member();
  const data: Buffer[] = [];
  let read = 0;
  let state: Step['state'] = 'open';
  for (; read < slice.length && state === 'open'; read++) {
    const step = await member.unpack(slice.subarray(read, read + 1), left);
    data.push(...step.data);
    state = step.state;
  }
  member.close();
  return { data, read, state: 'broken' };
}

async function* slicesOf(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of packed) {
    for (let at = 0; at < piece.length; at += sliceBytes) yield piece.subarray(at, at + sliceBytes);
  }
}

function withoutZeros(bytes: Buffer): Buffer {
  const at = bytes.findIndex((byte) => byte !== 0);
  return at < 0 ? bytes.subarray(bytes.length) : bytes.subarray(at);
}

function tooLarge(most: number): Failure {
  return new Failure(
    'body_too_large',
    `The file unpacks to more than ${most} bytes; split it, or raise TRAILPORT_IMPORT_INFLATED_BYTES.`,
  );
}
