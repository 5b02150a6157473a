import type { TSchema } from '../../api/check.ts';

type Header = { readonly type: 'string'; readonly description: string };
type Answer = readonly [
  description: string,
  body?: TSchema | ReturnType<typeof file>,
  headers?: Record<string, Header>,
];

export const failing: Readonly<Record<number, string>> = {
  400: 'A parameter, a header or the body is wrong; the message names it.',
  401: 'No access token, or not a valid one.',
  403: 'The token lacks the scope.',
  404: 'There is no such job, or nothing to fetch.',
  408: 'The request did not arrive in time.',
  409: 'The job is not in the state for this; the message says why.',
  410: 'The report has expired.',
  413: 'The body is too large.',
  414: 'A segment of the path is too long.',
  415: 'The media type is not understood.',
  416: 'The range lies outside of the file.',
  422: 'The Idempotency-Key was used for another request.',
  429: 'Too many jobs are waiting.',
  431: 'Address and headers are too large.',
  500: 'Something went wrong inside the service.',
  503: 'The service is starting, stopping or busy; try again.',
};

/** What any address may answer. */
export const anywhere = [400, 408, 414, 431, 500, 503];

export function header(description: string): Header {
  return { type: 'string', description };
}

/** A body of bytes. */
export function file(mediaType: string): { readonly mediaType: string } {
  return { mediaType };
}

/** A route's answers for the OpenAPI document: the good ones, those of its own failures, and those of any address. */
export function answers(good: Readonly<Record<number, Answer>>, ...failures: readonly number[]) {
  const problem = { schema: { $ref: 'Problem#' } };
  const bad = [...failures, ...anywhere]
    .filter((status) => !(status in good))
    .map((status) => [
      status,
      {
        description: failing[status],
        headers: {
          'X-Request-Id': header('The id of this request in the log.'),
          ...(status === 429 || status === 503
            ? { 'Retry-After': header('After how many seconds to try again.') }
            : {}),
          ...(status === 401 ? { 'WWW-Authenticate': header('Bearer error="invalid_token"') } : {}),
        },
        content: { 'application/json': problem, 'application/problem+json': problem },
      },
    ]);
  return {
    ...Object.fromEntries(Object.entries(good).map(([status, answer]) => [status, described(answer)])),
    ...Object.fromEntries(bad),
  };
}

function described([description, body, headers = {}]: Answer) {
  const all = { 'X-Request-Id': header('The id of this request in the log.'), ...headers };
  if (body === undefined) return { description, headers: all, type: 'null' };
  const [mediaType, schema] =
    'mediaType' in body ? [body.mediaType, { type: 'string', format: 'binary' }] : ['application/json', body];
  return { description, headers: all, content: { [mediaType]: { schema } } };
}
