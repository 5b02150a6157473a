import { openAuth } from '../auth/auth.ts';
import { introduce } from '../auth/introduce.ts';
import type { Config } from '../config.ts';
import { Failure } from '../domain/failure.ts';
import { Downloads } from '../download/download.ts';
import type { Files } from '../files/files.ts';
import { openHttp } from '../http/http.ts';
import { openOperators } from '../http/operators.ts';
import type { Http, HttpParts } from '../http/parts.ts';
import { ownUrl } from '../http/request/target.ts';
import type { Database } from '../kit/database.ts';
import { freePort } from '../kit/port.ts';
import { oneAtATime } from '../kit/postgres/owner.ts';
import type { Metrics } from '../metrics/metrics.ts';

export type ApiParts = Pick<HttpParts, 'desk' | 'log' | 'clock' | 'traffic' | 'health' | 'lookUp'> & {
  readonly config: Config;
  readonly database: Database;
  readonly files: Files;
  /** Calls something every so often, as long as the service runs. */
  readonly sweep: (ms: number, work: () => unknown) => void;
  /** Where the first app and the address of the service are written. */
  readonly credentials: string;
};

/** The API, listening. `url` is the address that clients use. */
export type Api = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  /** On the first start: makes an app for the person at the machine, and writes down its secret. */
  introduce(): Promise<void>;
};

/** Opens the API and listens; throws `cannot_start`. */
export async function openApi(parts: ApiParts): Promise<Api> {
  const { database, files, log, clock } = parts;
  const port = parts.config.port === 0 ? await freePort(parts.config.host) : parts.config.port;
  const config = { ...parts.config, port };
  const host = /^(0\.0\.0\.0|::)$/.test(config.host) ? 'localhost' : config.host;
  const url = config.publicUrl ?? `http://${host}:${port}`;
  const auth = await openAuth(database, {
    issuer: url,
    tokenSeconds: config.limits.tokenSeconds,
    signingKeyMs: config.limits.signingKeyMs,
    clock,
    onError: (error) => log.error({ err: error }, 'token_endpoint_failed'),
  });
  const http = await openHttp({
    ...parts,
    auth,
    downloads: new Downloads(files.shelf),
    spool: files.spool,
    config: { ...config, publicUrl: url },
  });
  parts.sweep(60_000, () => auth.sweep());
  await listen(http, config, 'give another --host or --port');
  const introduced = () => introduce(parts.credentials, url, auth.apps);
  return {
    url,
    port,
    // Of several that start at once, one makes the app.
    introduce: () => (database.kind === 'postgres' ? oneAtATime(database.postgres, introduced) : introduced()),
    [Symbol.asyncDispose]: () => http.close(),
  };
}

/** Answers figures and health where the settings say, and until it is disposed of. */
export async function openFigures(
  { health, log, config }: Pick<ApiParts, 'health' | 'log' | 'config'>,
  metrics: Metrics,
  at: { readonly host: string; readonly port: number },
): Promise<AsyncDisposable> {
  const figures = { contentType: metrics.contentType, text: () => metrics.text() };
  const operators = await openOperators({ health, log, config }, figures);
  await listen(operators, at, 'give another TRAILPORT_METRICS_LISTEN');
  log.info({ url: ownUrl(operators, null) }, 'metrics_ready');
  return { [Symbol.asyncDispose]: () => operators.close() };
}

async function listen(app: Http, { host, port }: { host: string; port: number }, otherwise: string): Promise<void> {
  await app.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
    const message = `${host}:${port} cannot be listened at (${cause.code}); stop what uses it, or ${otherwise}.`;
    throw new Failure('cannot_start', message, { cause });
  });
}
