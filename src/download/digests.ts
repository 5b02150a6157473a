import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** A strong validator: equal only for equal bytes (RFC 9110 §8.8.3). */
export function etagFor(sha256: string): string {
  return `"${sha256}"`;
}

/** RFC 9530 §3: a dictionary with the digest as a byte sequence (RFC 8941 §3.3.5). `sha256` is hex. */
export function reprDigestFor(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}

/** The SHA-256 (hex) of the first `bytes` bytes of an open file, wherever the handle stands. */
export async function sha256Of(file: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(1 << 20);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, bytes - at), at);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
}
