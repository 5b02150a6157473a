import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
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

/** A request handler over whichever provider is the current one. */
export function endpointOver(current: () => (request: IncomingMessage, response: ServerResponse) => unknown) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').split('?', 1)[0]!;
    const allowed = methods[path];
    if (allowed === undefined) {
      refuse(response, 404, `the addresses here are ${Object.keys(methods).join(', ')}`);
    } else if (!allowed.includes(request.method ?? '')) {
      response.setHeader('Allow', allowed.join(', '));
      refuse(response, 405, `use ${allowed[0]} at ${path}`);
    } else {
      current()(request, response);
    }
  };
}

/**
 * The provider's own handler, with its events passed on. Its errors hold no secrets: it keeps parameters out of them.
 */
export function handlerOf(provider: Provider, credentials: Credentials, { onError, onSignIn }: EndpointEvents) {
  // The library has a client for every id; an app is one that may sign in.
  const appOf = (ctx: KoaContextWithOIDC) => credentials.find(ctx.oidc.client?.clientId ?? '')?.app ?? null;
  provider.on('server_error', (_ctx, error) => onError(error));
  // Koa's own handler would print to the console. A client that closes the connection is not an error.
  provider.onerror = (error) => {
    if (!('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))) onError(error);
  };
  provider.on('grant.success', (ctx) => onSignIn({ app: appOf(ctx), result: 'granted' }));
  provider.on('grant.error', (ctx, error) => onSignIn({ app: appOf(ctx), result: error.error }));
  return provider.callback();
}

function refuse(response: ServerResponse, status: number, description: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify({ error: 'invalid_request', error_description: description }));
}
