import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../api/problem.ts';
import { readWriteAll } from '../../domain/access.ts';
import { Failure, type FailureCode, failures } from '../../domain/failure.ts';
import { orDiskFull } from '../../kit/files.ts';
import { wantsProblem } from '../request/headers.ts';

/** The HTTP status of every failure. */
export const statusOf = {
  parameter_invalid: 400,
  parameter_unknown: 400,
  body_invalid: 400,
  body_too_large: 413,
  media_type_unsupported: 415,
  token_missing: 401,
  token_invalid: 401,
  scope_missing: 403,
  route_unknown: 404,
  method_not_allowed: 405,
  address_too_long: 414,
  headers_too_large: 431,
  request_too_slow: 408,
  request_malformed: 400,
  job_unknown: 404,
  job_not_cancellable: 409,
  job_ended: 409,
  report_not_ready: 409,
  report_failed: 409,
  report_expired: 410,
  report_damaged: 500,
  range_invalid: 416,
  rejects_removed: 410,
  rejects_none: 404,
  queue_full: 429,
  too_many_counts: 429,
  count_timeout: 503,
  idempotency_conflict: 422,
  import_not_understood: 422,
  import_broken: 422,
  import_poisoned: 422,
  import_lost: 500,
  report_incomplete: 503,
  store_unreachable: 503,
  database_unreachable: 503,
  activities_unreachable: 503,
  files_unreachable: 503,
  lookup_elsewhere: 503,
  store_damaged: 503,
  backup_impossible: 500,
  backup_damaged: 500,
  disk_full: 503,
  attempts_spent: 500,
  shutting_down: 503,
  too_busy: 503,
  not_ready: 503,
  settings_invalid: 500,
  cannot_start: 500,
  usage: 400,
  interrupted: 503,
  job_cancelled: 409,
  tenant_unknown: 404,
  app_unknown: 404,
  internal: 500,
} as const satisfies Record<FailureCode, number>;

/** Seconds, for failures without a number of their own. */
const retryAfterSeconds = { 429: 5, 503: 5 } as Readonly<Record<number, number>>;

/** Errors of Fastify from before a route gets the request. */
const frameworkFailures: Readonly<Record<string, Failure>> = {
  FST_ERR_BAD_URL: new Failure(
    'parameter_invalid',
    'The address holds a % that begins no UTF-8 percent-encoding; write a literal % as %25.',
  ),
  FST_ERR_MAX_PARAM_LENGTH: new Failure(
    'address_too_long',
    'A segment of the path has more than 98,304 characters; shorten it.',
  ),
  FST_ERR_CTP_BODY_TOO_LARGE: new Failure('body_too_large', 'The body is larger than 1 MiB; send a smaller one.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: new Failure(
    'body_invalid',
    'The length of the body is not the Content-Length; send the body again.',
  ),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new Failure(
    'media_type_unsupported',
    'Content-Type is missing or none that is understood here; send application/json, or any proper media type with an import.',
  ),
};

/** The failure for an error; null for an error that was not expected. */
export function failureFrom(error: unknown): Failure | null {
  const known = orDiskFull(error);
  if (known instanceof Failure) return known;
  const { code = '', errcode = 0 } = (error ?? {}) as { code?: string; errcode?: number };
  // https://sqlite.org/rescode.html: 5 is BUSY, 6 LOCKED; the higher bits say more.
  if (code === 'ERR_SQLITE_ERROR' && [5, 6].includes(errcode & 0xff)) return busy('The job database is busy', error);
  if (code === 'EMFILE' || code === 'ENFILE') return busy('Too many files are open', error);
  return frameworkFailures[code] ?? libraryFailure(error);
}

/**
 * Libraries such as @fastify/static refuse a request by an error with a status: a forbidden or unknown path, a range or
 * precondition that does not fit. It is the sender's mistake whatever they call it, never a 500.
 */
function libraryFailure(error: unknown): Failure | null {
  const { statusCode = 500 } = (error ?? {}) as { statusCode?: number };
  if (!(statusCode >= 400 && statusCode < 500)) return null;
  if (statusCode === 403 || statusCode === 404) return routeUnknown();
  return new Failure('request_malformed', 'The request does not fit this address; see /docs.', { cause: error });
}

export function routeUnknown(): Failure {
  return new Failure('route_unknown', 'There is nothing at this address; /docs lists the addresses there are.');
}

/** More at once than a limit allows. */
export function tooBusy(message: string): Failure {
  return new Failure('too_busy', message);
}

/** For requests to a service that stops, and for bodies that were on their way to it. */
export function shuttingDown(): Failure {
  return new Failure('shutting_down', 'The service is stopping; try again in a moment.');
}

function busy(what: string, cause: unknown): Failure {
  return new Failure('not_ready', `${what}; try again in a moment.`, { cause });
}

/** Why work stops that a client asked for and no longer waits for. */
export function hangUp(): Error {
  return Object.assign(new Error('the client left'), { code: 'ECONNRESET' });
}

/** Whether the client closed the connection: no failure of the service, and no answer can be sent. */
export function isHangUp(error: unknown): boolean {
  return /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/.test((error as { code?: string } | null)?.code ?? '');
}

/** The body of every error. Its `type` is a URN: the same at every address of the service. */
export function problemFor(failure: Failure, requestId: string): Problem {
  const { code, message } = failure;
  const type = `urn:trailport:failure:${code}`;
  return { status: statusOf[code], message, type, title: failures[code].title, code, requestId };
}

/** Answers with a failure: status, headers, envelope. */
export function sendFailure(request: FastifyRequest, reply: FastifyReply, failure: Failure): FastifyReply {
  const status = statusOf[failure.code];
  const { headers } = request;
  const mediaType = wantsProblem(headers.accept) ? 'application/problem+json' : 'application/json';
  // Headers that a route has set for a body that is not sent now.
  for (const name of ['content-length', 'content-disposition', 'etag', 'repr-digest', 'accept-ranges']) {
    reply.removeHeader(name);
  }
  reply.headers({ 'X-Request-Id': request.id, 'Cache-Control': 'no-store' });
  for (const [name, value] of Object.entries(headersFor(failure, status))) reply.header(name, value);
  // As bytes: to text the framework would add a charset, which JSON has none of (RFC 8259 §11).
  return reply
    .code(status)
    .type(mediaType)
    .send(Buffer.from(JSON.stringify(problemFor(failure, request.id))));
}

function headersFor(failure: Failure, status: number): Record<string, string> {
  const wait = failure.facts.retryAfterSeconds ?? retryAfterSeconds[status];
  return {
    ...(wait === undefined ? {} : { 'Retry-After': String(wait) }),
    // RFC 6750 §3.1
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer error="invalid_token"' } : {}),
    ...(status === 403 ? { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${readWriteAll}"` } : {}),
    ...(failure.code === 'method_not_allowed' ? { Allow: String(failure.facts.allow) } : {}),
    ...(failure.code === 'range_invalid' ? { 'Content-Range': `bytes */${failure.facts.bytes}` } : {}),
  };
}

/** An answer as text, for a connection on which no request could be read. */
export function rawAnswer(failure: Failure, requestId: string): string {
  const status = statusOf[failure.code];
  const body = JSON.stringify(problemFor(failure, requestId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
