import { ActivitiesAnswer, ActivitiesQuery, activityDocumentFor } from '../../../api/pages.ts';
import { defaultColumns } from '../../../domain/columns.ts';
import { answers } from '../../answer/answers.ts';
import { whileConnected } from '../../connection/while-connected.ts';
import type { Http, HttpParts } from '../../parts.ts';
import { selectionFrom } from './asked.ts';
import { placeFrom, placeText } from './place.ts';

/** Pages of activities. */
export function activityRoutes(app: Http, { lookUp }: Pick<HttpParts, 'lookUp'>): void {
  app.get(
    '/insights/activities',
    {
      schema: {
        operationId: 'listActivities',
        summary: 'List activities, page by page',
        tags: ['Activities'],
        description:
          'A page holds at most `limit` activities, fewer where their records are long. Pages follow each other in the order of time, equal times by activity id: an activity that is in the store all the while is on one page, however much is imported meanwhile; one that arrives is on a later page if its place is there.',
        querystring: ActivitiesQuery,
        response: answers({ 200: ['A page of activities.', ActivitiesAnswer] }, 401, 403, 429),
      },
    },
    async (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      const { tenant } = request.caller;
      const { order = 'newest', limit = 100, after, columns = defaultColumns } = request.query;
      const selection = selectionFrom(tenant, request.query);
      const place = after === undefined ? null : placeFrom(after);
      const ask = { order, limit, after: place, raw: columns.includes('raw') };
      const { rows, next } = await lookUp('page', tenant, { selection, ask }, whileConnected(reply));
      return {
        activities: rows.map((row) => activityDocumentFor(row, columns)),
        next: next === null ? null : placeText(next),
      };
    },
  );
}
