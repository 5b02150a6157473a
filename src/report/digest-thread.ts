import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** Answers with the SHA-256 (hex) of a part of an open file, or throws. */
const { fd, start, end } = workerData as { readonly fd: number; readonly start: number; readonly end: number };
const hash = createHash('sha256');
const buffer = Buffer.allocUnsafe(2 ** 20);
for (let at = start; at < end; ) {
  const bytesRead = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
  if (bytesRead === 0) throw new RangeError(`The file ends at ${at}, before ${end}.`);
  hash.update(buffer.subarray(0, bytesRead));
  at += bytesRead;
}
parentPort?.postMessage(hash.digest('hex'));
