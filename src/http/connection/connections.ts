import type { Socket } from 'node:net';
import { finished, PassThrough } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { shuttingDown } from '../answer/failures.ts';
import type { Http } from '../parts.ts';

/** From the first byte to the last of a request's headers. */
const headersMs = 30_000;
/** From the last header to the last byte of a body, but for uploads. */
const bodyMs = 60_000;
/** Nothing at all moves on a connection. Longer than the longest poll is held. */
const idleMs = 120_000;
/** A sender that goes on although it was refused gets this long to read the answer. */
const refusedMs = 10_000;
/**
 * Nothing moves on a download. The kernel takes megabytes from us at once and then, for a slow reader, nothing for
 * long: at 1 KB/s a third of a 4 MB send buffer lasts 23 minutes.
 */
const downloadIdleMs = 3_600_000;

/**
 * Node's own requestTimeout would end a slow upload however well it moves, so it is off; the limits above stand in for
 * it. Node's headersTimeout works without it.
 */
export const connectionSettings = {
  requestTimeout: 0,
  connectionTimeout: idleMs,
  keepAliveTimeout: 72_000,
  http: {
    // Paths of 4,096 characters, encoded twice, and a token.
    maxHeaderSize: 128 * 1024,
    headersTimeout: headersMs,
    connectionsCheckingInterval: 5000,
    // The framework answers a missing Host in the envelope's stead otherwise; HTTP/1.0 probes have none.
    requireHostHeader: false,
  },
} as const;

/**
 * Sees to it that no body takes for ever and that closing does not wait for slow senders and readers: a body that is
 * still arriving after a quarter of `stopMs` is answered 503, and after half of it every connection ends.
 */
export function boundConnections(app: Http, stopMs: number): void {
  const arriving = new Set<PassThrough>();
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    const { socket } = raw;
    if (!hasBody(request)) return;
    const late = setTimeout(() => {
      if (!raw.complete && !request.routeOptions.config.upload) endAsLate(app, socket);
    }, bodyMs);
    reply.raw.once('close', () => {
      clearTimeout(late);
      if (raw.complete || socket.destroyed) return;
      const refused = setTimeout(() => socket.destroy(), refusedMs);
      raw.once('end', () => clearTimeout(refused));
      socket.once('close', () => clearTimeout(refused));
    });
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    if (!hasBody(request)) return payload;
    // A stream of its own, which can end early while the connection stays: the sender is still to hear why.
    const body = payload.pipe(new PassThrough());
    arriving.add(body);
    // Whoever reads it hears of the error; before and after that, nobody has to.
    body.on('error', () => {}).once('close', () => arriving.delete(body));
    finished(reply.raw, (hungUp) => body.destroy(hungUp ?? undefined));
    return body;
  });
  // Node would answer 417 to an Expect that it does not know; RFC 9110 §10.1.1 lets us pass it over.
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
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** Lets a slow reader take its time; Node sets the usual limit again for the connection's next request. */
export function allowSlowReading(request: FastifyRequest): void {
  request.raw.socket.setTimeout(downloadIdleMs);
}

/** As Node does when its own timeout strikes. */
function endAsLate(app: Http, socket: Socket): void {
  const error = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  app.server.emit('clientError', error, socket);
}
