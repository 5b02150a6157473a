import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify } from 'fastify';
import type { Limits } from '../config.ts';
import type { Logger } from '../kit/log.ts';
import { answerFailures } from './answer/errors.ts';
import { connectionSettings } from './connection/connections.ts';
import type { Http } from './parts.ts';
import { requestIdFor } from './request/headers.ts';
import { bodyBytes, jsonFrom } from './request/json-body.ts';
import { queryFrom } from './request/query.ts';
import { compileValidator } from './request/validation.ts';

/** An application without routes: how it reads requests, limits connections in time, and answers errors. */
export function application(limits: Limits, log: Logger): Http {
  const app: Http = fastify({
    ...connectionSettings(limits),
    bodyLimit: bodyBytes,
    genReqId: (request) => requestIdFor(request),
    // HEAD would start an export where GET does. Routes that have a HEAD declare it.
    exposeHeadRoutes: false,
    // Fastify's own answer does not have the format of our errors.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 98_304, querystringParser: queryFrom },
    ...answerFailures.forConnections,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  // Routes build their answers; the schemas of answers are for the OpenAPI document.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonFrom);
  answerFailures.on(app, log);
  return app;
}
