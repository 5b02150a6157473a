import { isWindows1252, utf8Prefix } from './encoding.ts';
import { inflated } from './inflate.ts';

/** A file that can be opened again; what it unpacks to has at most `inflatedBytes` bytes. */
export type Packed = {
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly inflatedBytes: number;
};

/** A file's text as UTF-8 without BOM, in pieces of at most 256 KiB (three times that where it was UTF-16). */
export type Decoded = {
  readonly pieces: AsyncGenerator<Buffer>;
  /** Why the packed file broke off, once the pieces have ended; null when it did not. */
  readonly broken: () => string | null;
  /** Whether every piece so far is UTF-8, and no record needs to be checked. */
  readonly isUtf8: () => boolean;
};

const pieceBytes = 256 * 1024;

/**
 * Unpacks gzip (recognised by its first bytes, several members too) and turns UTF-16 and windows-1252 into UTF-8; what
 * is assumed about the encoding is reported to `assume`. The pieces throw `body_too_large` when a packed file
 * unpacks to more than its limit. In a file of mixed encodings, bytes that are not UTF-8 stay as they are, and the
 * reader rejects the record that holds them.
 */
export function decoded(packed: Packed, assume: (sentence: string) => void): Decoded {
  let broken: string | null = null;
  let isUtf8 = true;
  async function* pieces(): AsyncGenerator<Buffer> {
    const bytes = unpacked(packed, (reason) => (broken = reason));
    const again = () => unpacked(packed, () => {});
    yield* asUtf8(bytes, again, { assume, onMixed: () => (isUtf8 = false) });
  }
  return { pieces: pieces(), broken: () => broken, isUtf8: () => isUtf8 };
}

async function* unpacked({ open, inflatedBytes }: Packed, onBreak: (reason: string) => void): AsyncGenerator<Buffer> {
  const [isGzip, bytes] = await opened(slices(open()), 2, (head) => head[0] === 0x1f && head[1] === 0x8b);
  yield* isGzip ? ahead(inflated(bytes, inflatedBytes, onBreak)) : bytes;
}

/** Asks for the next piece before it gives out one: zlib unpacks on a thread of its own while that one is read. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (let next = source.next(); ; ) {
      const { done, value } = await next;
      if (done === true) return;
      next = source.next();
      // It is awaited in the next round, and its error thrown there.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await source.return(undefined);
  }
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

/** What is told of an encoding: a sentence for what was assumed, and that the pieces from now on may be no UTF-8. */
type Told = { readonly assume: (sentence: string) => void; readonly onMixed: () => void };

async function* asUtf8(
  bytes: AsyncGenerator<Buffer>,
  again: () => AsyncGenerator<Buffer>,
  told: Told,
): AsyncGenerator<Buffer> {
  const [mark, all] = await opened(bytes, 4, markOf);
  if (mark.encoding === null) return yield* utf8OrWindows1252(withoutMark(all, mark.length), again, told);
  if (mark.length === 0) told.assume(`The text has no byte order mark; it was read as ${mark.encoding.toUpperCase()}.`);
  // Drops the mark by itself, and makes lone surrogates U+FFFD.
  const decoder = new TextDecoder(mark.encoding);
  for await (const piece of all) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}

/** Two ASCII characters of 16 bits each, of either byte order (RFC 4627 §3 recognised encodings so). */
const ascii16le = /^(?:[\t\n\r -~]\0){2}/;
const ascii16be = /^(?:\0[\t\n\r -~]){2}/;

function markOf(head: Buffer): { encoding: 'utf-16le' | 'utf-16be' | null; length: number } {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  const start = head.toString('latin1', 0, 4);
  if (ascii16le.test(start)) return { encoding: 'utf-16le', length: 0 };
  if (ascii16be.test(start)) return { encoding: 'utf-16be', length: 0 };
  return { encoding: null, length: head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0 };
}

async function* withoutMark(all: AsyncGenerator<Buffer>, length: number): AsyncGenerator<Buffer> {
  let first = true;
  for await (const piece of all) {
    yield first ? piece.subarray(length) : piece;
    first = false;
  }
}

/**
 * Passes UTF-8 on. At the first bytes that are not UTF-8 the whole file is read once more: if all of it can be
 * windows-1252 and no part of it is UTF-8 beyond ASCII, the rest is decoded as windows-1252.
 */
async function* utf8OrWindows1252(
  all: AsyncGenerator<Buffer>,
  again: () => AsyncGenerator<Buffer>,
  told: Told,
): AsyncGenerator<Buffer> {
  let mode: 'utf-8' | 'windows-1252' | 'mixed' = 'utf-8';
  const windows1252 = new TextDecoder('windows-1252');
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of all) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    rest = Buffer.alloc(0);
    if (mode === 'utf-8') {
      const whole = utf8Prefix(bytes);
      if (whole !== null) {
        rest = bytes.subarray(whole);
        bytes = bytes.subarray(0, whole);
      } else mode = await encodingOf(again, told);
    }
    yield mode === 'windows-1252' ? Buffer.from(windows1252.decode(bytes)) : bytes;
  }
  if (rest.length === 0) return;
  const atEnd = await encodingOf(again, told);
  yield atEnd === 'windows-1252' ? Buffer.from(windows1252.decode(rest)) : rest;
}

async function encodingOf(again: () => AsyncGenerator<Buffer>, told: Told): Promise<'windows-1252' | 'mixed'> {
  const { assume, onMixed } = told;
  if (!(await isWindows1252(again()))) {
    onMixed();
    return 'mixed';
  }
  assume('The text is not UTF-8; it was read as windows-1252, the encoding of Excel and older tools in the West.');
  return 'windows-1252';
}
