import { inflated } from './inflate.ts';

/** A file's text as UTF-8 without BOM, in pieces of at most 256 KiB. */
export type Decoded = {
  readonly pieces: AsyncGenerator<Buffer>;
  /** Why the packed file broke off, once the pieces have ended; null when it did not. */
  readonly broken: () => string | null;
};

const pieceBytes = 256 * 1024;
/**
 * Unpacks gzip (told by its magic bytes, several members too) and turns UTF-16 with BOM into UTF-8. The pieces throw
 * `body_too_large` when a packed file unpacks to more than `inflatedBytes`. Bytes that are no UTF-8 are left as
 * they are, for the reader to set the record aside that holds them.
 */
export function decoded(file: AsyncIterable<Uint8Array>, inflatedBytes: number): Decoded {
  let broken: string | null = null;
  async function* pieces(): AsyncGenerator<Buffer> {
    const [packed, bytes] = await opened(slices(file), 2, (head) => head[0] === 0x1f && head[1] === 0x8b);
    const plain = packed ? inflated(bytes, inflatedBytes, (reason) => (broken = reason)) : bytes;
    yield* asUtf8(plain);
  }
  return { pieces: pieces(), broken: () => broken };
}

/** Looks at the first bytes without taking them away. */
async function opened<T>(
  source: AsyncGenerator<Buffer>,
  bytes: number,
  look: (head: Buffer) => T,
): Promise<[T, AsyncGenerator<Buffer>]> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const next = await source.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* again() {
    try {
      if (head.length > 0) yield head;
      yield* source;
    } finally {
      await source.return(undefined);
    }
  }
  return [look(head), again()];
}

async function* slices(file: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of file) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
}

async function* asUtf8(bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const [mark, all] = await opened(bytes, 3, markOf);
  if (mark.encoding === null) return yield* withoutMark(all, mark.length);
  // Drops the mark by itself, and makes lone surrogates U+FFFD.
  const decoder = new TextDecoder(mark.encoding);
  for await (const piece of all) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}

function markOf(head: Buffer): { encoding: 'utf-16le' | 'utf-16be' | null; length: number } {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return { encoding: null, length: head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0 };
}

async function* withoutMark(all: AsyncGenerator<Buffer>, length: number): AsyncGenerator<Buffer> {
  let first = true;
  for await (const piece of all) {
    yield first ? piece.subarray(length) : piece;
    first = false;
  }
}
