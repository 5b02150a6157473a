import { jobDocumentFor } from '../../../api/job.ts';
import { StoreAnswer, sourceDocumentFor } from '../../../api/pages.ts';
import { NoQuery } from '../../../api/requests.ts';
import { answers } from '../../answer/answers.ts';
import { whileConnected } from '../../connection/while-connected.ts';
import type { Http, HttpParts } from '../../parts.ts';

/** Imports that are listed; the list of jobs has all. */
const mostImports = 20;

/** What is in the store of a tenant. */
export function storeRoute(app: Http, { desk, clock, lookUp }: Pick<HttpParts, 'desk' | 'clock' | 'lookUp'>): void {
  app.get(
    '/insights/store',
    {
      schema: {
        operationId: 'getStore',
        summary: 'Show what the store holds, and the latest imports',
        tags: ['Activities'],
        querystring: NoQuery,
        response: answers({ 200: ['What the store holds of your tenant.', StoreAnswer] }, 401, 403, 429),
      },
    },
    async (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      const { tenant } = request.caller;
      const { sources } = await lookUp('overview', tenant, { tenant }, whileConnected(reply));
      const { jobs } = await desk.list(tenant, { state: null, type: 'import', before: null, limit: mostImports });
      const nowMs = clock.now();
      return { sources: sources.map(sourceDocumentFor), imports: jobs.map((job) => jobDocumentFor(job, nowMs)) };
    },
  );
}
