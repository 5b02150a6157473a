import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { retryAfterFor } from '../../api/status.ts';
import { readWriteAll } from '../../domain/access.ts';
import type { JobId } from '../../domain/ids.ts';
import { hasEnded, type Job } from '../../domain/job.ts';
import { isServing } from '../connection/turns.ts';
import type { Http, HttpParts } from '../parts.ts';
import { answerFor, pollRoute } from './poll-answer.ts';

const address = /^\/insights\/job\/([1-9][0-9]{0,14})\/exportstatus$/;
/** With one of these a poll is more than a plain one. */
const needsMore = new Set([
  ...['prefer', 'if-none-match', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'connection'],
  ...['x-request-id'],
]);
/** Of these names, and of Host: others need not be looked at. */
const lengths = new Set([...needsMore, 'host'].map(({ length }) => length));
/** What clients may send without making it more: `Connection: keep-alive` is the default of HTTP/1.1. */
const keepAlive = 'keep-alive';

/**
 * Answers a plain poll, of a job that is remembered and with a token that is, in front of the router: with hooks, validation
 * and a reply a poll costs twice as much. Whatever is not plain goes the way of every request, errors too, so this
 * only ever answers 200, with what the route answers. `mayServe`: whether the service takes requests of this connection.
 */
export function answerPlainPolls(
  app: Http,
  { auth, desk, clock, log, traffic }: Pick<HttpParts, 'auth' | 'desk' | 'clock' | 'log' | 'traffic'>,
  mayServe: () => boolean,
): void {
  const [others, ...more] = app.server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];
  if (others === undefined || more.length > 0) throw new Error('The server has not one listener for requests.');
  app.server.removeAllListeners('request');
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const job = isPlain(request) && !isServing(request, response) && mayServe() ? jobOf(request) : null;
    if (job === null) return others.call(app.server, request, response);
    const nowMs = clock.now();
    const { text, headers } = readyFor(job, nowMs);
    const requestId = randomUUID();
    const always = headers.concat('X-Request-Id', requestId);
    if (!hasEnded(job)) always.push('Retry-After', String(retryAfterFor(job, nowMs)));
    response.writeHead(200, always).end(text);
    traffic.plainPolls++;
    log.debug({ requestId, method: 'GET', route: pollRoute, status: 200, ms: 0, plain: true }, 'request');
  });

  function jobOf({ url, headers }: IncomingMessage): Job | null {
    const id = address.exec(url ?? '')?.[1];
    if (id === undefined) return null;
    try {
      const caller = auth.remembered(headers.authorization, readWriteAll);
      return caller === null ? null : desk.remembered(caller.tenant, Number(id) as JobId);
    } catch {
      // Refused: the route says why.
      return null;
    }
  }
}

type Ready = { readonly text: string; readonly headers: string[] };

const ready = new WeakMap<Job, Ready>();

/** The body and the headers that are the same for every poll, made once for each job as it was read. */
function readyFor(job: Job, nowMs: number): Ready {
  let made = ready.get(job);
  if (made === undefined) {
    const { text, etag, progress } = answerFor(job, nowMs);
    const headers = [
      ...['ETag', etag, 'Cache-Control', 'no-cache', 'Content-Type', 'application/json; charset=utf-8'],
      ...['Content-Length', String(Buffer.byteLength(text)), ...(progress === null ? [] : ['X-Progress', progress])],
    ];
    made = { text, headers };
    ready.set(job, made);
  }
  return made;
}

/** A GET of HTTP/1.1 with one Host and no header that asks for more. */
function isPlain({ method, httpVersion, rawHeaders }: IncomingMessage): boolean {
  if (method !== 'GET' || httpVersion !== '1.1') return false;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const written = rawHeaders[i]!;
    if (!lengths.has(written.length)) continue;
    const name = written.toLowerCase();
    if (name === 'host') hosts++;
    else if (needsMore.has(name) && !(name === 'connection' && rawHeaders[i + 1] === keepAlive)) return false;
  }
  return hosts === 1;
}
