import { Failure } from '../domain/failure.ts';
import { orDiskFull } from '../kit/files.ts';

/** What an error of an attempt says to those who see the job. */
export function failureOf(error: unknown): Failure {
  const known = orDiskFull(error);
  if (known instanceof Failure) return known;
  return new Failure('internal', 'The job met an error of the program.', { cause: error });
}

/** What the log says of an unexpected error: its kind and place. The engine's message may quote rows. */
export function causeOf(failure: Failure): object {
  const cause = failure.cause instanceof Error ? failure.cause : failure;
  const quotes = failure.code === 'store_unreachable' || 'clickhouseCode' in cause;
  return { type: cause.name, message: quotes ? undefined : cause.message, stack: quotes ? undefined : cause.stack };
}
