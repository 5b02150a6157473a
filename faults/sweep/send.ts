import { connect } from 'node:net';
import type { Message } from './places.ts';

export type Sent = { readonly status: number; readonly ms: number };

/** Sends a message on a connection of its own; how long until the head of the answer, from the first byte sent. */
export function send(url: string, { method, target, headers, body }: Message): Promise<Sent> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const host = 'Host' in headers ? '' : 'Host: sweep\r\n';
  const length = body === '' && method !== 'POST' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const message = Buffer.from(
    `${method} ${target} HTTP/1.1\r\n${host}${lines.join('')}${length}Connection: close\r\n\r\n${body}`,
  );
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let startedMs = 0;
    const socket = connect(Number(port), hostname, () => {
      startedMs = performance.now();
      socket.write(message);
    });
    socket.once('data', (data) => {
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(data.toString('latin1'))?.[1] ?? 0);
      resolve({ status, ms: performance.now() - startedMs });
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
    socket.setTimeout(120_000, () => reject(new Error('no answer within 120 s')));
  });
}
