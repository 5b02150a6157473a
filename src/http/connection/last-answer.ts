import type { Socket } from 'node:net';

/** After the last answer on a connection the client has this long to close it. */
const closingMs = 2000;

/** Writes the last answer on a connection and closes it, whatever the client does. */
export function endWith(socket: Socket, answer: string): void {
  const close = setTimeout(() => socket.destroy(), closingMs);
  socket.once('close', () => clearTimeout(close));
  socket.end(answer);
}
