import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../domain/failure.ts';
import { diskFull } from '../../../kit/files.ts';
import { damaged } from '../failures.ts';

/** With less free space than this the engine cannot write the files that it needs to open. */
const roomBytes = 2 ** 20;

/** Why a directory did not open; the engine does not say. It loads every part, so one that is damaged is met here. */
export function openFailure(path: string, cause: unknown): Failure {
  const { bavail, bsize } = statfsSync(existsSync(path) ? path : join(path, '..'));
  if (bavail * bsize < roomBytes) return diskFull(cause);
  // The engine's lock: gone when this process had it and gave up, there when another process has it.
  const isHeld = existsSync(join(path, 'status'));
  if (isHeld || !existsSync(join(path, 'store'))) {
    return new Failure('store_unreachable', 'The store did not open; another process may have it.', { cause });
  }
  return damaged('it did not open', cause);
}
