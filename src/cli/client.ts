import { Failure, type FailureCode, failures } from '../domain/failure.ts';
import type { Credentials } from './credentials.ts';

export type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: NonNullable<RequestInit['body']>;
};

/** The service, as a client with an app registration sees it. Its token is fetched when needed and kept while it lasts. */
export class Client {
  readonly #credentials: Credentials;
  readonly #signal: AbortSignal;
  #token: { readonly value: string; readonly untilMs: number } | null = null;

  constructor(credentials: Credentials, signal: AbortSignal) {
    this.#credentials = credentials;
    this.#signal = signal;
  }

  get server(): string {
    return this.#credentials.server;
  }

  /** A good answer; an error of the service is thrown as the `Failure` that it tells, with `retryAfterSeconds`. */
  async ask(path: string, asked: Asked = {}): Promise<Response> {
    const first = await this.#send(path, asked);
    // The token was revoked, or the service got new keys: once more with a new one. A streamed body is spent.
    const again = first.status === 401 && !(asked.body instanceof ReadableStream);
    if (again) {
      this.#token = null;
      await first.body?.cancel();
    }
    const response = again ? await this.#send(path, asked) : first;
    if (!response.ok) throw await failureOf(response, this.server);
    return response;
  }

  async json<T>(path: string, asked: Asked = {}): Promise<T> {
    const response = await this.ask(path, asked);
    return (await response.json().catch((cause) => {
      this.#signal.throwIfAborted();
      throw new Failure('not_ready', `${this.server} answered ${path} with something that is no JSON.`, { cause });
    })) as T;
  }

  /** An answer that needs no token, whatever its status. */
  async bare(path: string, init: RequestInit = {}): Promise<Response> {
    const url = path.startsWith('/') ? this.server + path : path;
    try {
      return await fetch(url, { ...init, signal: this.#signal });
    } catch (cause) {
      this.#signal.throwIfAborted();
      throw unreachable(this.server, cause);
    }
  }

  async #send(path: string, { method = 'GET', headers = {}, body }: Asked): Promise<Response> {
    const authorization = `Bearer ${await this.token()}`;
    return this.bare(path, {
      method,
      headers: { ...headers, authorization },
      // A streamed body is sent while the answer may be on its way already.
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    });
  }

  /** An access token by client credentials (RFC 6749 §4.4), from where discovery says. */
  async token(): Promise<string> {
    if (this.#token !== null && Date.now() < this.#token.untilMs) return this.#token.value;
    const { clientId, clientSecret, scope } = this.#credentials;
    const discovery = await this.bare('/.well-known/openid-configuration');
    if (!discovery.ok) throw await failureOf(discovery, this.server);
    const { token_endpoint: endpoint } = await document(discovery);
    if (typeof endpoint !== 'string') {
      throw new Failure('not_ready', `${this.server} is no Trailport: its discovery names no token endpoint.`);
    }
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
    const response = await this.bare(endpoint, { method: 'POST', body: new URLSearchParams(form) });
    if (response.status === 400 || response.status === 401) {
      throw new Failure(
        'token_invalid',
        `${this.server} does not accept the credentials of ${this.#credentials.from}; make new ones with trailport app add or app rotate.`,
      );
    }
    if (!response.ok) throw await failureOf(response, this.server);
    const { access_token: value, expires_in: seconds } = await document(response);
    // Half a minute early, so that it does not run out on its way.
    this.#token = { value: String(value), untilMs: Date.now() + Math.max(0, Number(seconds ?? 0) - 30) * 1000 };
    return this.#token.value;
  }
}

async function document(response: Response): Promise<Record<string, unknown>> {
  return ((await response.json().catch(() => null)) ?? {}) as Record<string, unknown>;
}

async function failureOf(response: Response, server: string): Promise<Failure> {
  const { code, message } = await document(response);
  const retryAfterSeconds = Number(response.headers.get('retry-after') ?? 1);
  const facts = {
    status: response.status,
    retryAfterSeconds: Number.isFinite(retryAfterSeconds) ? retryAfterSeconds : 1,
  };
  if (typeof message !== 'string') {
    const sentence = `${server} answered ${response.status}, which is no answer of Trailport; check the address.`;
    return new Failure(response.status >= 502 ? 'not_ready' : 'internal', sentence, { facts });
  }
  return new Failure(Object.hasOwn(failures, String(code)) ? (code as FailureCode) : 'internal', message, { facts });
}

function unreachable(server: string, cause: unknown): Failure {
  const reason = ((cause as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const sentence =
    reason === 'ECONNREFUSED'
      ? `Nothing answers at ${server}; start the service with trailport serve.`
      : `${server} cannot be reached${reason === '' ? '' : ` (${reason})`}; check the address and that trailport serve runs there.`;
  return new Failure('not_ready', sentence, { cause });
}
