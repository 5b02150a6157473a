import * as oauth from 'openid-client';
import { Failure } from '../../domain/failure.ts';
import type { Credentials } from './credentials.ts';
import { failureOf } from './failures.ts';

export type AccessToken = { readonly value: string; readonly untilMs: number };

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * An access token by client credentials (RFC 6749 §4.4), from the endpoint that discovery names (RFC 8414). Throws
 * `token_invalid` when the service refuses the credentials.
 */
export async function fetchToken(credentials: Credentials, fetch: Fetch): Promise<AccessToken> {
  const { server, clientId, clientSecret, scope } = credentials;
  // An error answer of the service has its own sentence and code; only refused credentials are the library's to read.
  const fetchGood: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    if (response.ok || response.status === 400 || response.status === 401) return response;
    throw await failureOf(response, server);
  };
  try {
    const service = await oauth.discovery(new URL(server), clientId, clientSecret, undefined, {
      [oauth.customFetch]: fetchGood as oauth.CustomFetch,
      // The service speaks plain HTTP on the loopback address; in front of others it has a TLS proxy.
      execute: [oauth.allowInsecureRequests],
    });
    const { access_token: value, expires_in: seconds = 0 } = await oauth.clientCredentialsGrant(service, { scope });
    // Half a minute early, so that it does not expire on its way.
    return { value, untilMs: Date.now() + Math.max(0, seconds - 30) * 1000 };
  } catch (error) {
    throw translated(error, credentials);
  }
}

function translated(error: unknown, { server, from }: Credentials): unknown {
  const { cause } = error as Error;
  if (cause instanceof Failure) return cause;
  if (error instanceof oauth.ResponseBodyError) {
    return new Failure(
      'token_invalid',
      `${server} does not accept the credentials of ${from}; make new ones with trailport app add or app rotate.`,
      { cause: error },
    );
  }
  const { issuer } = ((cause as { body?: unknown } | undefined)?.body ?? {}) as { issuer?: unknown };
  if (typeof issuer === 'string') {
    const sentence = `${server} is known to its clients as ${issuer}; use that address as TRAILPORT_SERVER.`;
    return new Failure('settings_invalid', sentence, { cause: error });
  }
  if (error instanceof oauth.ClientError) {
    return new Failure('not_ready', `${server} does not answer as Trailport does; check the address.`, {
      cause: error,
    });
  }
  return error;
}
