import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { OpenApiDocument } from '../../api/health.ts';
import { JobDocument } from '../../api/job.ts';
import { Problem } from '../../api/problem.ts';
import { NoQuery } from '../../api/requests.ts';
import { readWriteAll } from '../../domain/access.ts';
import { answers } from '../answer/answers.ts';
import type { Http } from '../parts.ts';
import { connectPaths } from './connect.ts';

type Reference = NonNullable<FastifyDynamicSwaggerOptions['openapi']>;

/** Nothing from other hosts, and no eval; the page sets styles on elements, hence that one exception. */
const contentSecurityPolicy = {
  'default-src': "'self'",
  'base-uri': "'none'",
  'object-src': "'none'",
  'frame-ancestors': "'none'",
  'img-src': "'self' data:",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
};

/** Collects the reference from the routes made after it. */
export async function describeRoutes(app: Http): Promise<void> {
  app.addSchema(JobDocument);
  app.addSchema(Problem);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Trailport',
        version: '1',
        description: 'Exports of Microsoft 365 and Google Workspace audit activities.',
      },
      paths: connectPaths,
      tags: ['Access', 'Activity exports', 'Jobs', 'Imports', 'Health'].map((name) => ({ name })),
      components: { securitySchemes: { clientCredentials: schemeAt('') } },
      security: [{ clientCredentials: [readWriteAll] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
}

/** `/openapi.json`, and the page at `/docs` that shows it and tries it out. */
export async function documentation(app: Http, ownUrl: () => string): Promise<void> {
  app.get(
    '/openapi.json',
    {
      schema: {
        summary: 'This reference',
        tags: ['Health'],
        querystring: NoQuery,
        security: [],
        response: answers({ 200: ['OpenAPI 3.1.', OpenApiDocument] }),
      },
    },
    // Never the Host of the request: whoever sends it could name any server as the one to get tokens from.
    async () => at(ownUrl(), app.swagger() as object),
  );
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    // Relative to the page, which may be reached under several names; its policy allows calls to its own host only.
    transformSpecification: (reference) => at('', reference),
    uiConfig: { validatorUrl: null, deepLinking: true, displayRequestDuration: true, tryItOutEnabled: true },
    // Swagger UI fills in what is known; the client id and secret are the reader's own.
    initOAuth: { scopes: [readWriteAll] },
    theme: { title: 'Trailport' },
  });
}

/** The reference with the addresses of a server; empty: relative to where it was read. */
function at(server: string, reference: Reference): Record<string, unknown> {
  const securitySchemes = { clientCredentials: schemeAt(server) };
  return {
    ...reference,
    servers: [{ url: server === '' ? '/' : server }],
    components: { ...reference.components, securitySchemes },
  };
}

function schemeAt(server: string) {
  const scopes = { [readWriteAll]: 'Everything: start, poll, download, import.' };
  return {
    type: 'oauth2' as const,
    description:
      'The client id and secret of an app: clientId and clientSecret in credentials.json of the data directory, or what trailport app add prints.',
    flows: { clientCredentials: { tokenUrl: `${server}/connect/token`, scopes } },
  };
}
