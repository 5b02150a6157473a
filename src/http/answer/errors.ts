import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { Failure } from '../../domain/failure.ts';
import type { Logger } from '../../kit/log.ts';
import { endWith } from '../connection/last-answer.ts';
import type { Http } from '../parts.ts';
import { requestIdFor } from '../request/headers.ts';
import { failureFrom, isHangUp, rawAnswer, routeUnknown, sendFailure, statusOf } from './failures.ts';

/** Every way in which an error is answered: all have the same format. */
export const answerFailures = {
  /** Errors from before there is a route or a request. */
  forConnections: {
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      sendFailure(request, reply, failureFrom(error) ?? unexpected(null));
    },
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket & { _httpMessage?: ServerResponse }) => {
      // As Node's own handler does: nothing may be added to an answer that has begun, which may be a report.
      if (isHangUp(error) || !socket.writable || socket._httpMessage?.headersSent) socket.destroy();
      else endWith(socket, rawAnswer(connectionFailure(error.code), requestIdFor({ headers: {} })));
    },
  } satisfies Pick<FastifyServerOptions, 'frameworkErrors' | 'clientErrorHandler'>,

  /** Errors of routes, unknown routes, and one line in the log for every request. */
  on(app: Http, log: Logger): void {
    app.setErrorHandler((error, request, reply) => {
      const failure = failureFrom(error);
      const requestId = request.id;
      if (failure === null && isHangUp(error)) {
        log.info({ requestId, route: request.routeOptions.url }, 'client_left');
        return reply.send();
      }
      if (failure === null) log.error({ requestId, route: request.routeOptions.url, ...traceOf(error) }, 'unexpected');
      else if (statusOf[failure.code] >= 500) log.warn({ requestId, code: failure.code }, 'request_failed');
      return sendFailure(request, reply, failure ?? unexpected(error));
    });
    app.setNotFoundHandler((request, reply) => {
      return sendFailure(request, reply, routeUnknown());
    });
    // The route's pattern, never the address: that holds e-mails.
    app.addHook('onResponse', async (request, reply) => {
      const { method, id: requestId } = request;
      const route = request.routeOptions.url ?? null;
      log.debug({ requestId, method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
    });
  },
};

function connectionFailure(code: string | undefined): Failure {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Failure('headers_too_large', 'Address and headers have more than 128 KiB together; shorten them.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Failure('request_too_slow', 'The request did not arrive in time; send it again.');
    default:
      return new Failure('request_malformed', 'This is no HTTP/1.1 request; send one as RFC 9112 describes.');
  }
}

function unexpected(cause: unknown): Failure {
  const message = 'Something went wrong inside; the log of the service has more under this request id.';
  return new Failure('internal', message, { cause });
}

/** Where it happened. Not the error's message: it may quote what was asked for. */
function traceOf(error: unknown): { readonly error: string; readonly at: readonly string[] } {
  const { name = 'unknown', code, stack = '' } = (error ?? {}) as { name?: string; code?: string; stack?: string };
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return { error: code === undefined ? name : `${name} ${code}`, at: frames.slice(0, 8).map((line) => line.trim()) };
}
