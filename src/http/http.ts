import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyBaseLogger, type FastifyInstance, fastify, type RawServerDefault } from 'fastify';
import type { Config } from '../config.ts';
import type { Caller } from '../domain/access.ts';
import { Failure } from '../domain/failure.ts';
import type { Selection } from '../domain/selection.ts';
import type { Shelf } from '../download/download.ts';
import type { Desk, Spool } from '../job/job.ts';

import type { Clock } from '../kit/clock.ts';
import { stoppedInText } from '../kit/json.ts';
import type { Logger } from '../kit/log.ts';
import { guard, mountAuth } from './access.ts';
import { activityExports } from './activity-exports.ts';
import { bodyBytes, boundConnections, connectionSettings } from './connections.ts';
import { describeRoutes, documentation } from './docs.ts';
import { answerFailures } from './errors.ts';
import { exportRoutes } from './exports.ts';
import { shuttingDown } from './failures.ts';
import { requestIdFor } from './headers.ts';
import { healthRoutes } from './health.ts';
import { importRoutes } from './imports.ts';
import { jobStatus } from './job-status.ts';
import { jobRoutes } from './jobs.ts';
import { knowAllMethods, refusingOtherMethods } from './methods.ts';
import { reportDownload } from './report-download.ts';
import { compileValidator, queryFrom } from './validation.ts';

export type HttpParts = {
  readonly auth: {
    authenticate(authorization: string | undefined, scope: string): Promise<Caller>;
    handle(request: IncomingMessage, response: ServerResponse): void;
    readonly paths: readonly string[];
  };
  readonly desk: Desk;
  readonly shelf: Shelf;
  readonly spool: Spool;
  readonly config: Pick<Config, 'publicUrl' | 'limits'>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly health: () => Promise<{ readonly ready: boolean; readonly parts: Readonly<Record<string, string>> }>;
  /** How many rows a selection means now; throws `not_ready`, `store_unreachable`. */
  readonly count: (selection: Selection) => Promise<number>;
};

export type Http = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** The API, ready but not yet listening. Closing it answers held polls at once. */
export async function openHttp(parts: HttpParts): Promise<Http> {
  const closing = new AbortController();
  const app: Http = fastify({
    ...connectionSettings,
    bodyLimit: bodyBytes,
    genReqId: (request) => requestIdFor(request),
    // A HEAD of a start would start something; the routes for which HEAD makes sense say so.
    exposeHeadRoutes: false,
    // Fastify's own answer would not be our envelope.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 98_304, querystringParser: queryFrom },
    ...answerFailures.forConnections,
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(compileValidator);
  // Answers are built whole by their routes; the schemas are for the reference.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonBody);
  answerFailures.on(app, parts.log);
  boundConnections(app, parts.config.limits.stopMs);
  knowAllMethods(app);
  app.addHook('preClose', async () => closing.abort());
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    if (closing.signal.aborted) throw shuttingDown();
  });

  await describeRoutes(app);
  mountAuth(app, parts.auth);
  await app.register(async (scope: Http) => {
    guard(scope, parts.auth);
    await refusingOtherMethods(scope, async () => {
      activityExports(scope, parts);
      jobStatus(scope, parts, closing.signal);
      reportDownload(scope, parts);
      exportRoutes(scope, parts);
      jobRoutes(scope, parts);
      await importRoutes(scope, parts);
    });
  });
  await app.register(async (scope: Http) =>
    refusingOtherMethods(scope, async () => {
      healthRoutes(scope, parts);
      await documentation(scope, parts.config.publicUrl);
    }),
  );
  await app.ready();
  return app;
}

async function jsonBody(_request: unknown, body: string | Buffer): Promise<unknown> {
  if (body.length === 0) return undefined;
  try {
    // Fatal: a replaced byte would be another user's name.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body)));
  } catch (cause) {
    // The parser's own words would quote the body.
    if (stoppedInText(cause) === 'control character') {
      const message = 'A text in the body holds a control character, such as a tab; write it escaped, as \\t or \\n.';
      throw new Failure('body_invalid', message, { cause });
    }
    throw new Failure('body_invalid', 'The body cannot be read as JSON; send one JSON object in UTF-8.', { cause });
  }
}
