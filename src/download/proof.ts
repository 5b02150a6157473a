import { createHash } from 'node:crypto';
import { Failure } from '../domain/failure.ts';
import type { Report } from '../domain/job.ts';
import type { OpenFile } from '../files/files.ts';

/** Reports remembered as verified; past that the oldest is hashed again when asked for. */
const remembered = 10_000;

/** Proves files by their digest, once for each state of each file. */
export class Verifier {
  /** By the state of a file; the promise is shared by readers who come together. */
  readonly #verified = new Map<string, Promise<void>>();

  /** Throws `report_damaged` unless the open file holds the report's recorded bytes. */
  async verify(file: OpenFile, report: Report): Promise<void> {
    if (file.bytes !== report.bytes) throw damaged(`has ${file.bytes} bytes where ${report.bytes} were recorded`);
    const key = `${file.state},${report.sha256}`;
    let proof = this.#verified.get(key);
    if (proof === undefined) {
      proof = compare(file, report);
      this.#verified.set(key, proof);
      proof.catch(() => this.#verified.delete(key));
      if (this.#verified.size > remembered) this.#verified.delete(this.#verified.keys().next().value ?? '');
    }
    await proof;
  }
}

export function damaged(what: string, cause?: unknown): Failure {
  const message = `The report's file ${what}; start the export again and check the disk.`;
  return new Failure('report_damaged', message, { cause });
}

/** An error of a file that can be no failure of its storage means that the file is damaged. */
export function orDamaged(what: string, error: unknown): unknown {
  // Too many open files say nothing about this one.
  const { code = '' } = error as NodeJS.ErrnoException;
  return error instanceof Failure || /^E[MN]FILE$/.test(code) ? error : damaged(what, error);
}

async function compare(file: OpenFile, report: Report): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const piece of file.pieces(0, file.bytes)) hash.update(piece);
  } catch (error) {
    throw orDamaged('cannot be read as it was opened', error);
  }
  if (hash.digest('hex') !== report.sha256) throw damaged('does not have its recorded SHA-256');
}
