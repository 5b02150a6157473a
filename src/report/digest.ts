import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const pieceBytes = 2 ** 20;

/** SHA-256 (hex) and CRC-32 of the bytes from `start` up to `end`. They were just written: this reads memory, not disk. */
export async function fileDigest(
  file: FileHandle,
  start: number,
  end: number,
): Promise<{ readonly sha256: string; readonly crc: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(1, end - start)));
  let crc = 0;
  for (let at = start; at < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) throw new RangeError(`The file ends at ${at}, before ${end}.`);
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    crc = crc32(piece, crc);
    at += bytesRead;
  }
  return { sha256: hash.digest('hex'), crc };
}
