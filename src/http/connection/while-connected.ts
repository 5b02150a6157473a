import type { FastifyReply } from 'fastify';
import { hangUp } from '../answer/failures.ts';

/** A signal that aborts when the client has left, so that nothing goes on that nobody waits for. */
export function whileConnected(reply: FastifyReply): AbortSignal {
  const left = new AbortController();
  reply.raw.once('close', () => left.abort(hangUp()));
  return left.signal;
}
