import { Failure } from '../../domain/failure.ts';

/** What the operating system and the client say of connections that cannot be made, that broke, or that time out. */
const broke =
  /^(?:ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|TimeoutError|AbortError|NetworkingError)|socket hang up|aborted/;

type S3Error = Error & { readonly code?: string; readonly $metadata?: { readonly httpStatusCode?: number } };

/** Whether an error says that there is no such object, upload or bucket. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** Whether an error says that the object is not in the state that was asked for. */
export function isChanged(error: unknown): boolean {
  return statusOf(error) === 412;
}

/** An error of the storage as `files_unreachable`; every other error as it is. */
export function orUnreachable(error: unknown, asksForBucket = false): unknown {
  if (error instanceof Failure) return error;
  const { name = '', code = '', message = '' } = error as S3Error;
  const status = statusOf(error);
  // HEAD has no body that could name the error.
  const hasNoBucket = name === 'NoSuchBucket' || (name === 'NotFound' && asksForBucket);
  const refused = hasNoBucket || status === 401 || status === 403 || name === 'CredentialsProviderError';
  if (refused) {
    const what = hasNoBucket ? 'has no such bucket' : 'refuses the access, or knows no key to ask with';
    return unreachable(
      `The object storage that TRAILPORT_FILES_URL names ${what}; correct the TRAILPORT_FILES settings.`,
      error,
    );
  }
  const isAway = status === 429 || (status !== undefined && status >= 500);
  if (!isAway && !broke.test(code) && !broke.test(name) && !broke.test(message)) return error;
  return unreachable(
    'The object storage does not answer; check the bucket that TRAILPORT_FILES_URL names. The service goes on by itself when it is back.',
    error,
  );
}

function unreachable(message: string, cause: unknown): Failure {
  return new Failure('files_unreachable', message, { cause, facts: { retryAfterSeconds: 5 } });
}

function statusOf(error: unknown): number | undefined {
  return (error as S3Error).$metadata?.httpStatusCode;
}
