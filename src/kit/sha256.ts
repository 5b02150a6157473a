import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';

const pieceBytes = 2 ** 20;
const readFrom = promisify(read);

/**
 * Reads the bytes of an open file from `start` to before `end`, whatever its position. A piece is valid until the next
 * one is read. Ends early, without an error, where the file ends.
 */
export async function* piecesOf(fd: number, start: number, end: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(end - start, 1)));
  for (let at = start; at < end; ) {
    const { bytesRead } = await readFrom(fd, buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** The SHA-256 (hex) of the bytes from `start` to before `end`; throws RangeError when the file ends before. */
export async function sha256Of(fd: number, start: number, end: number): Promise<string> {
  const hash = createHash('sha256');
  let at = start;
  for await (const piece of piecesOf(fd, start, end)) {
    hash.update(piece);
    at += piece.length;
  }
  if (at < end) throw new RangeError(`The file ends at ${at}, before ${end}.`);
  return hash.digest('hex');
}
