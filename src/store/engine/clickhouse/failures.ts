import { ClickHouseError } from '@clickhouse/client';
import { Failure } from '../../../domain/failure.ts';
import { engineFailure } from '../failures.ts';

/** The server's errors (ErrorCodes.cpp) that say that it, or a server that it needs, is away or has just started. */
const away = {
  SOCKET_TIMEOUT: 209,
  NETWORK_ERROR: 210,
  NO_ZOOKEEPER: 225,
  ABORTED: 236,
  TABLE_IS_READ_ONLY: 242,
  ALL_CONNECTION_TRIES_FAILED: 279,
  ALL_REPLICAS_ARE_STALE: 369,
  // Temporary tables are gone with the server that had them.
  SESSION_NOT_FOUND: 372,
  QUERY_WAS_CANCELLED: 394,
  KEEPER_EXCEPTION: 999,
} as const;
const awayCodes: readonly number[] = Object.values(away);

/** The errors that say that the server does not let us in. */
const refused = { UNKNOWN_USER: 192, WRONG_PASSWORD: 193, REQUIRED_PASSWORD: 194, AUTHENTICATION_FAILED: 516 } as const;
const refusedCodes: readonly number[] = Object.values(refused);

/**
 * What an error of a request means. Errors of the server may quote statements and rows, so their own words stay in `cause`.
 * Everything that is no error of the server is one of the connection.
 */
export function serverFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof ClickHouseError)) return unreachable(error);
  const number = Number(error.code);
  if (awayCodes.includes(number)) return unreachable(error);
  if (refusedCodes.includes(number)) {
    const message = 'The ClickHouse server refuses the user or the password; correct them in TRAILPORT_CLICKHOUSE_URL.';
    return new Failure('store_unreachable', message, { cause: error });
  }
  return engineFailure(Object.assign(error, { clickhouseCode: number }));
}

/** The server's number of an error; 0 when it has none. */
export function numberOf(failure: unknown): number {
  const { cause } = failure as { readonly cause?: unknown };
  return cause instanceof ClickHouseError ? Number(cause.code) : 0;
}

/** The longest error that the server writes at the end of an answer: 16 KiB (MAX_EXCEPTION_SIZE) and its frame. */
export const lateErrorBytes = 20 * 1024;

/**
 * The error that the server wrote at the end of an answer that it had begun, or null. `tag` is the response header that
 * marks it, so that no row can look like one.
 */
export function lateError(end: Uint8Array, tag: string | undefined): ClickHouseError | null {
  if (tag === undefined) return null;
  const [, text] = Buffer.from(end).toString().split(`__exception__\r\n${tag}\r\n`);
  if (text === undefined) return null;
  const code = /Code: (\d+)/.exec(text)?.[1] ?? '0';
  return new ClickHouseError({ message: text, code });
}

function unreachable(cause: unknown): Failure {
  const message =
    'The ClickHouse server does not answer; check the server that TRAILPORT_CLICKHOUSE_URL names. The service goes on by itself when it is back.';
  return new Failure('activities_unreachable', message, { cause, facts: { retryAfterSeconds: 5 } });
}
