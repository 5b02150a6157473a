import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify } from 'fastify';
import { Failure } from '../domain/failure.ts';
import { stoppedInText } from '../kit/json.ts';
import { guard, mountAuth } from './access.ts';
import { bodyBytes, boundConnections, connectionSettings } from './connections.ts';
import { describeRoutes, documentation } from './docs/docs.ts';
import { answerFailures } from './errors.ts';
import { shuttingDown } from './failures.ts';
import { requestIdFor } from './headers.ts';
import { knowAllMethods, refusingOtherMethods } from './methods.ts';
import type { Http, HttpParts } from './parts.ts';
import { activityExports } from './routes/activity-exports.ts';
import { exportRoutes } from './routes/exports.ts';
import { healthRoutes } from './routes/health.ts';
import { importRoutes } from './routes/imports.ts';
import { jobStatus } from './routes/job-status.ts';
import { jobRoutes } from './routes/jobs.ts';
import { reportDownload } from './routes/report-download.ts';
import { compileValidator, queryFrom } from './validation.ts';

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
