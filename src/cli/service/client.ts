import { Failure } from '../../domain/failure.ts';
import type { Context, Options } from '../command.ts';
import { type Credentials, credentialsFor } from './credentials.ts';
import { failureOf, unreachable } from './failures.ts';
import type { AccessToken } from './token.ts';

type Request = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: NonNullable<RequestInit['body']>;
};

/** A client for a command, with the credentials of the environment or of the data directory. */
export async function clientFor({ terminal }: Context, options: Options): Promise<Client> {
  return new Client(await credentialsFor(terminal.env, options.data), terminal.signal);
}

/** The service over HTTP. Gets an access token before the first call and keeps it until it expires. */
export class Client {
  readonly #credentials: Credentials;
  readonly #signal: AbortSignal;
  #token: AccessToken | null = null;

  constructor(credentials: Credentials, signal: AbortSignal) {
    this.#credentials = credentials;
    this.#signal = signal;
  }

  get server(): string {
    return this.#credentials.server;
  }

  /** A good answer. Throws an error answer as the `Failure` that it describes, with `retryAfterSeconds` in `facts`. */
  async ask(path: string, request: Request = {}): Promise<Response> {
    const first = await this.#send(path, request);
    // The token was revoked, or the service has new keys: once more with a new token. A streamed body cannot be sent
    // again.
    const again = first.status === 401 && !(request.body instanceof ReadableStream);
    if (again) {
      this.#token = null;
      await first.body?.cancel();
    }
    const response = again ? await this.#send(path, request) : first;
    if (!response.ok) throw await failureOf(response, this.server);
    return response;
  }

  async json<T>(path: string, request: Request = {}): Promise<T> {
    const response = await this.ask(path, request);
    return (await response.json().catch((cause) => {
      this.#signal.throwIfAborted();
      throw new Failure('not_ready', `${this.server} answered ${path} with something that is not JSON.`, { cause });
    })) as T;
  }

  /** An answer without a token, whatever its status. Throws `not_ready` when the service cannot be reached. */
  async bare(path: string, init: RequestInit = {}): Promise<Response> {
    const url = path.startsWith('/') ? this.server + path : path;
    const signal = init.signal ? AbortSignal.any([init.signal, this.#signal]) : this.#signal;
    try {
      return await fetch(url, { ...init, signal });
    } catch (cause) {
      this.#signal.throwIfAborted();
      throw unreachable(this.server, cause);
    }
  }

  /** The access token, a new one when it is about to expire. */
  async token(): Promise<string> {
    if (this.#token === null || Date.now() >= this.#token.untilMs) {
      // Loaded when needed: `help`, `serve` and `app` have no use for the library.
      const { fetchToken } = await import('./token.ts');
      this.#token = await fetchToken(this.#credentials, (url, init) => this.bare(url, init)).catch((error) => {
        this.#signal.throwIfAborted();
        throw error;
      });
    }
    return this.#token.value;
  }

  async #send(path: string, { method = 'GET', headers = {}, body }: Request): Promise<Response> {
    const authorization = `Bearer ${await this.token()}`;
    return this.bare(path, {
      method,
      headers: { ...headers, authorization },
      // A streamed body is sent while the answer may already arrive.
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    });
  }
}
