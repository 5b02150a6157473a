import { type BigIntStats, read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Failure } from '../domain/failure.ts';
import type { Report } from '../domain/job.ts';
import { sha256Of } from '../kit/sha256.ts';
import type { Reads } from './reads.ts';

/** Reports remembered as verified; past that the oldest is hashed again when asked for. */
const remembered = 10_000;
/**
 * What a download holds while its client reads nothing. Pieces of 256 KiB send one report at 1.8 GB/s instead of 0.8 on
 * a loopback, more than networks carry, and 300 clients that read nothing would hold 77 MB instead of 19.
 */
const pieceBytes = 64 * 1024;
/** Leaves less garbage than the reads of a FileHandle. */
const readFrom = promisify(read);

/** Proves files by their digest, once for each state of each file. */
export class Verifier {
  /** By what changes whenever a file is written to or replaced; the promise is shared by readers who come together. */
  readonly #verified = new Map<string, Promise<void>>();

  /** Throws `report_damaged` unless the open file holds the report's recorded bytes; returns its state as proven. */
  async verify(file: FileHandle, report: Report): Promise<BigIntStats> {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) throw damaged('is not a regular file');
    if (stat.size !== BigInt(report.bytes)) throw damaged(`has ${stat.size} bytes where ${report.bytes} were recorded`);
    const key = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, report.sha256].join();
    let proof = this.#verified.get(key);
    if (proof === undefined) {
      proof = compare(file, report);
      this.#verified.set(key, proof);
      proof.catch(() => this.#verified.delete(key));
      if (this.#verified.size > remembered) this.#verified.delete(this.#verified.keys().next().value ?? '');
    }
    await proof;
    return stat;
  }
}

/**
 * The bytes from `start` to before `end`, in pieces that are valid until the next one is asked for. The last piece is
 * held back until the file is seen to be as it was when it was proven, so that a file that changed meanwhile breaks the
 * transfer off. Its link count, and with it ctime, may change: a report that is removed is let finish.
 */
export async function* unchangedBytes(
  file: FileHandle,
  proven: BigIntStats,
  start: number,
  end: number,
  reads: Reads,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - start));
    for (let at = start; at < end; ) {
      const { bytesRead } = await reads.run(() => readFrom(file.fd, buffer, 0, Math.min(buffer.length, end - at), at));
      at += bytesRead;
      if (bytesRead === 0 || at >= end) {
        const { size, mtimeNs } = await file.stat({ bigint: true });
        if (bytesRead === 0 || size !== proven.size || mtimeNs !== proven.mtimeNs) throw damaged('changed meanwhile');
      }
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

export function damaged(what: string, cause?: unknown): Failure {
  const message = `The report's file ${what}; start the export again and check the disk.`;
  return new Failure('report_damaged', message, { cause });
}

async function compare(file: FileHandle, report: Report): Promise<void> {
  if ((await sha256Of(file.fd, 0, report.bytes)) !== report.sha256) throw damaged('does not have its recorded SHA-256');
}
