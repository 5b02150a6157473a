import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { finished, PassThrough } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Limits } from '../../config.ts';
import { shuttingDown, tooBusy } from '../answer/failures.ts';
import type { Http } from '../parts.ts';
import { serveInTurn } from './turns.ts';

/** A connection on which nothing moves is ended. Longer than the longest poll is held. */
const idleMs = 120_000;
/** A sender that goes on after it was refused has this long to read the answer. */
const refusedMs = 10_000;
/** The least that an upload must bring in each `requestMs`: 1 KiB/s with the default. */
const uploadBytes = 32_768;
/** So many connections beyond the limit are answered with 503; the next ones are closed at once. */
const answeredBeyond = 64;

/**
 * Node's own requestTimeout would end a slow upload however well it moves, so it is off, and `boundConnections`
 * replaces it. Node's headersTimeout works without it.
 */
export function connectionSettings({ requestMs }: Pick<Limits, 'requestMs'>) {
  return {
    requestTimeout: 0,
    connectionTimeout: idleMs,
    keepAliveTimeout: 72_000,
    http: {
      // Paths of 4,096 characters, encoded twice, and a token.
      maxHeaderSize: 128 * 1024,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(5000, requestMs / 2),
      // HTTP/1.0 probes have no Host, and Node would answer without the envelope.
      requireHostHeader: false,
    },
  } as const;
}

/**
 * Limits connections in number and time: heads and bodies must arrive within `requestMs`, uploads must move, a
 * connection has one request served at a time, and closing does not wait for slow senders and readers: a body that is
 * still arriving after a quarter of `stopMs` is answered 503, and after half of it every connection ends. Answers whether
 * more connections are open than may be.
 */
export function boundConnections(
  app: Http,
  limits: Pick<Limits, 'stopMs' | 'requestMs' | 'connections'>,
): { readonly isFull: () => boolean } {
  const { stopMs, requestMs, connections } = limits;
  const arriving = new Set<PassThrough>();
  const open = new Set<Socket>();
  app.server.maxConnections = connections + answeredBeyond;
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (open.size > connections) {
      reply.header('Connection', 'close');
      throw tooBusy(`The service has ${connections} connections open already; close some, or try again in a moment.`);
    }
    const serve = () => {
      if (hasBody(request)) endIfLate(app, request, reply.raw, requestMs);
      done();
    };
    const turn = serveInTurn(request.raw, reply.raw, { idleMs, waitingMs: requestMs });
    if (turn === null) serve();
    else turn.then(serve, done);
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    if (!hasBody(request)) return payload;
    // A stream of its own can end early while the connection stays open for the answer.
    const body = payload.pipe(new PassThrough());
    arriving.add(body);
    // Its reader handles errors; without a reader there is nothing to handle.
    body.on('error', () => {}).once('close', () => arriving.delete(body));
    finished(reply.raw, (hungUp) => body.destroy(hungUp ?? undefined));
    return body;
  });
  // Node would answer 417 to an Expect that it does not know; RFC 9110 §10.1.1 allows to ignore it.
  app.server.on('checkExpectation', (raw, response) => app.server.emit('request', raw, response));
  const timers: NodeJS.Timeout[] = [];
  app.addHook('preClose', async () => {
    timers.push(
      setTimeout(() => {
        for (const body of arriving) body.destroy(shuttingDown());
      }, stopMs / 4),
      setTimeout(() => app.server.closeAllConnections(), stopMs / 2),
    );
  });
  app.addHook('onClose', async () => {
    for (const timer of timers) clearTimeout(timer);
  });
  return { isFull: () => open.size > connections };
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** Ends a request whose body is not there after `requestMs`, or an upload that brings too little in that time. */
function endIfLate(app: Http, request: FastifyRequest, response: ServerResponse, requestMs: number): void {
  const { raw } = request;
  const { socket } = raw;
  const isUpload = request.routeOptions.config.upload === true;
  let before = socket.bytesRead;
  const check = setInterval(() => {
    if (raw.complete) return clearInterval(check);
    const moved = socket.bytesRead - before;
    before = socket.bytesRead;
    if (isUpload && moved >= uploadBytes) return;
    clearInterval(check);
    // As Node does when its own timeout strikes.
    const error = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    app.server.emit('clientError', error, socket);
  }, requestMs);
  response.once('close', () => {
    clearInterval(check);
    if (raw.complete || socket.destroyed) return;
    const refused = setTimeout(() => socket.destroy(), refusedMs);
    raw.once('end', () => clearTimeout(refused));
    socket.once('close', () => clearTimeout(refused));
  });
}
