import { Alive, Readiness } from '../../api/health.ts';
import { NoQuery } from '../../api/requests.ts';
import { answers } from '../answer/answers.ts';
import type { Http, HttpParts } from '../parts.ts';

/** For load balancers: without a token, and without anything about data. */
export function healthRoutes(app: Http, { health }: Pick<HttpParts, 'health'>): void {
  const schema = { tags: ['Health'], querystring: NoQuery, security: [] };
  app.get(
    '/healthz',
    {
      exposeHeadRoute: true,
      schema: {
        ...schema,
        operationId: 'getHealth',
        summary: 'Tell whether the process answers',
        response: answers({ 200: ['The process answers.', Alive] }),
      },
    },
    async (_request, reply) => {
      reply.header('Cache-Control', 'no-store');
      return { status: 'alive' as const };
    },
  );
  app.get(
    '/readyz',
    {
      exposeHeadRoute: true,
      schema: {
        ...schema,
        operationId: 'getReadiness',
        summary: 'Tell whether the service is able to serve',
        response: answers({ 200: ['Every part is ready.', Readiness], 503: ['Not every part is.', Readiness] }),
      },
    },
    async (_request, reply) => {
      const { ready, parts } = await health();
      reply.header('Cache-Control', 'no-store');
      if (!ready) reply.code(503).header('Retry-After', 1);
      return { status: ready ? 'ready' : 'not ready', parts };
    },
  );
}
