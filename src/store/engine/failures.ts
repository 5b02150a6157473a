import { Failure } from '../../domain/failure.ts';
import { diskFull, isDiskFull } from '../../kit/files.ts';

/** The engine's errors (ErrorCodes.cpp) that say that what is on disk cannot be read as it was written. */
const damage = {
  UNEXPECTED_END_OF_FILE: 3,
  ATTEMPT_TO_READ_AFTER_EOF: 32,
  CANNOT_READ_ALL_DATA: 33,
  TOO_LARGE_SIZE_COMPRESSED: 39,
  CHECKSUM_DOESNT_MATCH: 40,
  CANNOT_READ_FROM_FILE_DESCRIPTOR: 74,
  CANNOT_SEEK_THROUGH_FILE: 87,
  UNKNOWN_COMPRESSION_METHOD: 89,
  SIZES_OF_MARKS_FILES_ARE_INCONSISTENT: 91,
  FILE_DOESNT_EXIST: 107,
  INCORRECT_DATA: 117,
  NO_FILE_IN_DATA_PART: 226,
  UNEXPECTED_FILE_IN_DATA_PART: 227,
  BAD_SIZE_OF_FILE_IN_DATA_PART: 228,
  TOO_MANY_UNEXPECTED_DATA_PARTS: 231,
  CORRUPTED_DATA: 246,
  CANNOT_DECOMPRESS: 271,
  UNKNOWN_FORMAT_VERSION: 287,
  SEEK_POSITION_OUT_OF_BOUND: 361,
  UNKNOWN_CODEC: 432,
  ASYNC_LOAD_FAILED: 695,
  ASYNC_LOAD_WAIT_FAILED: 722,
} as const;
const damageCodes: readonly number[] = Object.values(damage);

/**
 * An engine's error may quote rows and values, so its own words stay in `cause` and the message has only its number.
 */
export function engineFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (isDiskFull(error)) return diskFull(error);
  const number = numberOf(error);
  if (damageCodes.includes(number)) return damaged(`engine error ${number}`, error);
  return new Failure('store_unreachable', `The store could not answer (engine error ${number}).`, { cause: error });
}

export function damaged(what: string, cause: unknown): Failure {
  const message = `The store is damaged (${what}); restore the data directory from a backup.`;
  return new Failure('store_damaged', message, { cause });
}

/** An error of a stream has its number only in the text. */
function numberOf(error: unknown): number {
  const { clickhouseCode, message = '' } = error as { clickhouseCode?: unknown; message?: string };
  if (typeof clickhouseCode === 'number') return clickhouseCode;
  return Number(/^Code: (\d+)\b/.exec(message)?.[1] ?? 0);
}
