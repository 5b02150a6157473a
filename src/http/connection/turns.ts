import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection: whether a request is served on it, and those that arrived meanwhile. */
type Line = { busy: boolean; waiting: { readonly go: () => void; readonly bytes: number }[]; bytes: number };

/** After how long without any byte a connection is ended: as a rule, and while requests wait on it. */
type Times = { readonly idleMs: number; readonly waitingMs: number };

/** The most requests, and bytes of their heads, that wait on one connection. Clients that pipeline send few. */
const mostWaiting = 16;
const mostBytes = 32_768;

/**
 * A download may stand still for so long. The kernel takes megabytes at once and then, for a slow reader, nothing for
 * long: at 1 KB/s a third of a 4 MB send buffer lasts 23 minutes.
 */
const downloadIdleMs = 3_600_000;

const lines = new WeakMap<Socket, Line>();

/**
 * Null when it is this request's turn, else resolves when it is: a connection has one request served at a time, so that pipelined downloads
 * which nobody reads hold one file and not forty. A connection that pipelines too much is ended, and so is one on
 * which nothing moves for `waitingMs` while requests wait.
 */
export function serveInTurn(request: IncomingMessage, response: ServerResponse, times: Times): Promise<void> | null {
  const { socket } = request;
  const line = lines.get(socket) ?? newLine(socket);
  const serve = () => {
    line.busy = true;
    response.once('close', () => passOn(socket, line, times));
  };
  if (line.busy) return waitInLine(request, line, times).then(serve);
  serve();
  return null;
}

async function waitInLine({ socket, url, rawHeaders }: IncomingMessage, line: Line, times: Times): Promise<void> {
  const bytes = (url?.length ?? 0) + rawHeaders.reduce((sum, text) => sum + text.length, 0);
  line.bytes += bytes;
  if (line.waiting.length >= mostWaiting || line.bytes > mostBytes) socket.destroy();
  else {
    socket.setTimeout(times.waitingMs);
    await new Promise<void>((go) => line.waiting.push({ go, bytes }));
  }
  if (socket.destroyed) throw Object.assign(new Error('The client is gone.'), { code: 'ECONNRESET' });
}

function newLine(socket: Socket): Line {
  const line: Line = { busy: false, waiting: [], bytes: 0 };
  lines.set(socket, line);
  // Those who wait look at the socket when they go on.
  socket.once('close', () => {
    for (const { go } of line.waiting.splice(0)) go();
  });
  return line;
}

/** Lets the next request go on. */
function passOn(socket: Socket, line: Line, { idleMs, waitingMs }: Times): void {
  const next = line.waiting.shift();
  if (next === undefined) {
    line.busy = false;
    return;
  }
  line.bytes -= next.bytes;
  if (!socket.destroyed) socket.setTimeout(line.waiting.length === 0 ? idleMs : waitingMs);
  next.go();
}

/** Whether a request of this connection is being served, or its answer not yet sent. */
export function isServing({ socket }: IncomingMessage, response: ServerResponse): boolean {
  // Node gives a response its socket when those before it are sent.
  return response.socket === null || lines.get(socket)?.busy === true;
}

/** Lets a slow reader take its time, unless requests wait behind: a client that reads slowly sends none ahead. */
export function allowSlowReading({ socket }: IncomingMessage): void {
  if (lines.get(socket)?.waiting.length === 0) socket.setTimeout(downloadIdleMs);
}
