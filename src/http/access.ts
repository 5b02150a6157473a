import { type Caller, readWriteAll } from '../domain/access.ts';
import type { Http, HttpParts } from './parts.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling; set before a guarded route sees the request. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** The body is a file, which may take any time as long as it moves. */
    upload?: boolean;
  }
}

/** Refuses requests without a valid token to the routes of a scope, before anything else of them is read. */
export function guard(scope: Http, auth: HttpParts['auth']): void {
  scope.decorateRequest('caller');
  scope.addHook('onRequest', (request, _, done) => {
    const { authorization } = request.headers;
    const enter = (caller: Caller) => {
      request.caller = caller;
      done();
    };
    const known = auth.remembered(authorization, readWriteAll);
    if (known !== null) enter(known);
    else auth.authenticate(authorization, readWriteAll).then(enter, done);
  });
}

/** The token endpoint, discovery and keys. The library behind them reads bodies and writes answers itself. */
export function mountAuth(scope: Http, auth: HttpParts['auth']): void {
  for (const url of auth.paths) {
    scope.route({
      method: scope.supportedMethods,
      url,
      schema: { hide: true },
      onRequest: async (request, reply) => {
        reply.hijack();
        reply.raw.setHeader('X-Request-Id', request.id);
        // Its answers are JSON whatever is asked for, and its reader of Accept takes quadratic time.
        request.raw.headers.accept = 'application/json';
        auth.handle(request.raw, reply.raw);
        return reply;
      },
      handler: async () => undefined,
    });
  }
}
