import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

/** Bytes of an answer that may wait for their reader. */
const mostWaiting = 4 * 2 ** 20;

/**
 * The body of a response, piece by piece, with back-pressure. A server breaks the connection off after an error in the
 * middle of its answer, and the last bytes say which: Node's own reading drops what is not read by then, so the pieces are
 * kept here and the socket is paused instead. Throws what ended the response early, after the last piece, or the reason
 * of the signal at once; leaving the loop ends the response.
 */
export async function* bodyOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let waiting = 0;
  let ended = false;
  let error: Error | null = null;
  const { socket } = response;
  const changes = new EventTarget();
  const changed = () => changes.dispatchEvent(new Event('change'));
  const end = (cause: Error | null) => {
    ended = true;
    error ??= cause;
    changed();
  };
  response.on('data', (piece: Uint8Array) => {
    pieces.push(piece);
    waiting += piece.byteLength;
    if (waiting > mostWaiting) socket.pause();
    changed();
  });
  response.on('end', () => end(null));
  response.on('error', (cause) => end(cause));
  response.on('close', () => end(response.complete ? null : new Error('The answer was cut off.')));
  signal.addEventListener('abort', changed, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const piece = pieces.shift();
      if (piece !== undefined) {
        waiting -= piece.byteLength;
        if (waiting <= mostWaiting && socket.isPaused()) socket.resume();
        yield piece;
      } else if (!ended) await once(changes, 'change');
      else if (error !== null) throw error;
      else return;
    }
  } finally {
    signal.removeEventListener('abort', changed);
    if (!ended) response.destroy();
  }
}
