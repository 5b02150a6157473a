import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { Failure, failures } from '../../domain/failure.ts';
import type { AppId } from '../../domain/ids.ts';
import type { Credentials } from '../storage/credentials.ts';
import { addresses } from './provider.ts';

/** One request for a token and how it went. `app` is null when the client is not one that may sign in. */
export type SignIn = {
  readonly app: AppId | null;
  /** `granted`, or the error of RFC 6749 §5.2 that was answered. */
  readonly result: string;
};

export type EndpointEvents = {
  readonly onError: (error: Error) => void;
  readonly onSignIn: (signIn: SignIn) => void;
};

/** The methods of each address; nothing else of the library is reachable. */
const methods: Readonly<Record<string, readonly string[]>> = {
  [addresses.token]: ['POST', 'OPTIONS'],
  [addresses.discovery]: ['GET', 'HEAD', 'OPTIONS'],
  [addresses.jwks]: ['GET', 'HEAD', 'OPTIONS'],
};

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A request handler over whichever provider is the current one. `onError` hears why there is none just now. */
export function endpointOver(current: () => Promise<Handler>, onError: (error: Error) => void) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').split('?', 1)[0]!;
    const allowed = methods[path];
    if (allowed === undefined) {
      refuse(response, 404, `the addresses here are ${Object.keys(methods).join(', ')}`);
    } else if (!allowed.includes(request.method ?? '')) {
      response.setHeader('Allow', allowed.join(', '));
      refuse(response, 405, `use ${allowed[0]} at ${path}`);
    } else {
      current().then(
        (handle) => handle(request, response),
        (error: Error) => {
          onError(error);
          refuseForNow(response);
        },
      );
    }
  };
}

/**
 * The provider's own handler, with its events passed on. Its errors hold no secrets: it keeps parameters out of them.
 */
export function handlerOf(provider: Provider, credentials: Credentials, { onError, onSignIn }: EndpointEvents) {
  // The library has a client for every id; an app is one that may sign in.
  const appOf = (ctx: KoaContextWithOIDC) => credentials.foundFor.get(ctx.oidc)?.app ?? null;
  const away = new WeakSet<object>();
  provider.on('server_error', (ctx, error) => {
    if (isAway(error)) away.add(ctx);
    onError(error);
  });
  // The library answers 500 for whatever goes wrong in it.
  provider.use(async (ctx, next) => {
    await next();
    if (!away.has(ctx)) return;
    ctx.status = 503;
    ctx.set('Retry-After', String(retryAfterSeconds));
    ctx.body = notNow;
  });
  // Koa's own handler would print to the console. A client that closes the connection is not an error.
  provider.onerror = (error) => {
    if (!('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))) onError(error);
  };
  provider.on('grant.success', (ctx) => onSignIn({ app: appOf(ctx), result: 'granted' }));
  provider.on('grant.error', (ctx, error) => onSignIn({ app: appOf(ctx), result: error.error }));
  return provider.callback();
}

const retryAfterSeconds = 5;
const notNow = {
  error: 'temporarily_unavailable',
  error_description: 'the job database does not answer; try again',
} as const;

function refuseForNow(response: ServerResponse): void {
  response.statusCode = 503;
  response.setHeader('Retry-After', retryAfterSeconds);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(notNow));
}

function isAway(error: unknown): boolean {
  return error instanceof Failure && failures[error.code].away;
}

function refuse(response: ServerResponse, status: number, description: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify({ error: 'invalid_request', error_description: description }));
}
