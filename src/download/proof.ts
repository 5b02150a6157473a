import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Failure } from '../domain/failure.ts';
import type { Report } from '../domain/job.ts';
import { sha256Of } from '../kit/sha256.ts';

/** Reports remembered as verified; past that the oldest is hashed again when asked for. */
const remembered = 10_000;
const chunkBytes = 64 * 1024;

/** Proves files by their digest, once for each state of each file. */
export class Verifier {
  /** By what changes whenever a file is written to or replaced; the promise is shared by readers who come together. */
  readonly #verified = new Map<string, Promise<void>>();

  /** Throws `report_damaged` unless the open file holds the report's recorded bytes; returns its state as proven. */
  async verify(file: FileHandle, report: Report): Promise<BigIntStats> {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) throw damaged('is no regular file');
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
 * The bytes from `start` to before `end`. The last of them are held back until the file is seen to be as it was when
 * it was proven, so that a file that changed meanwhile breaks the transfer off. Its link count, and with
 * it ctime, may change: a report that is removed is let finish.
 */
export function unchangedBytes(file: FileHandle, proven: BigIntStats, start: number, end: number): Readable {
  let at = start;
  const next = async (): Promise<Buffer | null> => {
    if (at >= end) return null;
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    at += bytesRead;
    if (bytesRead === 0 || at >= end) {
      const { size, mtimeNs } = await file.stat({ bigint: true });
      if (bytesRead === 0 || size !== proven.size || mtimeNs !== proven.mtimeNs) throw damaged('changed meanwhile');
    }
    return chunk.subarray(0, bytesRead);
  };
  return new Readable({
    highWaterMark: chunkBytes,
    read() {
      next().then(
        (chunk) => this.push(chunk),
        (error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      file.close().then(() => done(error), done);
    },
  });
}

export function damaged(what: string, cause?: unknown): Failure {
  const message = `The report's file ${what}; start the export again and check the disk.`;
  return new Failure('report_damaged', message, { cause });
}

async function compare(file: FileHandle, report: Report): Promise<void> {
  if ((await sha256Of(file.fd, 0, report.bytes)) !== report.sha256) throw damaged('does not have its recorded SHA-256');
}
