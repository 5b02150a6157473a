import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/**
 * Answers with a body in pieces. The next piece is asked for when the kernel has taken the one before, so that a client
 * that reads nothing makes the process hold one piece. Throws what the first piece throws, while an error can still be
 * answered; a later error breaks the connection off, after `onBroken`.
 */
export async function sendPieces(
  reply: FastifyReply,
  pieces: AsyncGenerator<Buffer, void, undefined>,
  onBroken: (error: Error) => void,
): Promise<void> {
  const response = reply.raw;
  let piece = await pieces.next();
  reply.hijack();
  response.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>);
  try {
    while (piece.done !== true && !response.destroyed) {
      await taken(response, piece.value);
      piece = await pieces.next();
    }
    response.end();
  } catch (error) {
    onBroken(error as Error);
    response.destroy();
  } finally {
    await pieces.return();
  }
}

/** Resolves when the kernel has taken the piece, or when the client is gone. */
function taken(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((done) => {
    response.once('close', done);
    response.write(piece, () => {
      response.off('close', done);
      done();
    });
  });
}
