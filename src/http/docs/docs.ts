import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { OpenApiDocument } from '../../api/health.ts';
import { JobDocument } from '../../api/job.ts';
import { Problem } from '../../api/problem.ts';
import { NoQuery } from '../../api/requests.ts';
import { readWriteAll } from '../../domain/access.ts';
import { answers } from '../answer/answers.ts';
import { routeUnknown } from '../answer/failures.ts';
import type { Http } from '../parts.ts';
import { wantsPage } from '../request/headers.ts';
import { connectPaths } from './connect.ts';
import { favicon, logo } from './logo.ts';
import { type Described, withSamples } from './samples.ts';

type Reference = NonNullable<FastifyDynamicSwaggerOptions['openapi']>;

/** Nothing from other hosts, and no eval. The page sets styles on elements, which needs the one exception. */
const contentSecurityPolicy = {
  'default-src': "'self'",
  'base-uri': "'none'",
  'object-src': "'none'",
  'frame-ancestors': "'none'",
  'img-src': "'self' data:",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
};

const introduction = `Exports of Microsoft 365 and Google Workspace audit activities.

To try it here: press **Authorize** and enter the client id and secret of an app. Those of the first app are \`clientId\` and \`clientSecret\` in \`credentials.json\` of the data directory (\`data/credentials.json\` by default); \`trailport app add --name NAME\` makes another.

An export takes three calls: start it, poll \`exportstatus\` until \`jobStatus\` is 2, download \`exportfile\`. In the samples \`TOKEN\` is the \`access_token\` of \`POST /connect/token\`.`;

/** The bar in the colour of the logo, without the field for the address of another document. */
const style = `
.swagger-ui .topbar { background-color: #1b3a34; }
.swagger-ui .topbar .download-url-wrapper { display: none; }
`;

/** Collects the OpenAPI document from the routes made after it. */
export async function describeRoutes(app: Http): Promise<void> {
  app.addSchema(JobDocument);
  app.addSchema(Problem);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Trailport',
        version: '1',
        description: introduction,
      },
      paths: connectPaths,
      tags: ['Access', 'Activity exports', 'Activities', 'Jobs', 'Imports', 'Health'].map((name) => ({ name })),
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
        operationId: 'getOpenApiDocument',
        summary: 'This document',
        tags: ['Health'],
        querystring: NoQuery,
        security: [],
        response: answers({ 200: ['OpenAPI 3.1.', OpenApiDocument] }),
      },
    },
    // Never the Host of the request: its sender could name any server as the one that gives tokens.
    async () => at(ownUrl(), app.swagger() as object, ownUrl()),
  );
  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    if (wantsPage(request.headers.accept)) return reply.redirect('/docs/');
    throw routeUnknown();
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    // Relative to the page, which may be reached under several names; its policy allows calls to its own host only.
    transformSpecification: (reference) => at('', reference, ownUrl()),
    uiConfig: { validatorUrl: null, deepLinking: true, displayRequestDuration: true, tryItOutEnabled: true },
    // The reader enters the client id and secret.
    initOAuth: { scopes: [readWriteAll] },
    logo: { type: 'image/svg+xml', content: Buffer.from(logo) },
    theme: {
      title: 'Trailport',
      favicon: [{ filename: 'favicon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: favicon }],
      css: [{ filename: 'trailport.css', content: style }],
    },
  });
}

/** The document with the addresses of a server; empty: relative to where it was read. Samples have whole addresses. */
function at(server: string, reference: Reference, ownUrl: string): Record<string, unknown> {
  const paths = Object.entries(reference.paths ?? {}).map(([path, item]) => [path, sampled(ownUrl, path, item ?? {})]);
  const securitySchemes = { clientCredentials: schemeAt(server) };
  return {
    ...reference,
    paths: Object.fromEntries(paths),
    servers: [{ url: server === '' ? '/' : server }],
    components: { ...reference.components, securitySchemes },
  };
}

function sampled(server: string, path: string, item: object): object {
  const operations = Object.entries(item as Record<string, Described>).map(([method, operation]) => {
    const { operationId } = operation;
    // One route answers GET and HEAD; operation ids are unique.
    const own = method === 'head' ? { ...operation, operationId: `${operationId}Head` } : operation;
    return [method, withSamples(server, method, path, own)];
  });
  return Object.fromEntries(operations);
}

function schemeAt(server: string) {
  const scopes = { [readWriteAll]: 'All calls: start, poll, download, import.' };
  return {
    type: 'oauth2' as const,
    description:
      'The client id and secret of an app: clientId and clientSecret in credentials.json of the data directory, or what trailport app add prints.',
    flows: { clientCredentials: { tokenUrl: `${server}/connect/token`, scopes } },
  };
}
