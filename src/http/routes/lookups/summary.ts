import { SummaryAnswer, SummaryQuery } from '../../../api/pages.ts';
import { timeZoneFrom } from '../../../domain/time-zone.ts';
import { answers } from '../../answer/answers.ts';
import { whileConnected } from '../../connection/while-connected.ts';
import type { Http, HttpParts } from '../../parts.ts';
import { selectionFrom } from './asked.ts';

/** Counts of activities by one key. */
export function summaryRoute(app: Http, { lookUp }: Pick<HttpParts, 'lookUp'>): void {
  app.get(
    '/insights/activities/summary',
    {
      schema: {
        operationId: 'summarizeActivities',
        summary: 'Count activities by day, hour, user, activity, service, object or client address',
        tags: ['Activities'],
        querystring: SummaryQuery,
        response: answers({ 200: ['The counts.', SummaryAnswer] }, 401, 403, 429),
      },
    },
    async (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      const { tenant } = request.caller;
      const { by, top = 100, timeZone } = request.query;
      const zone = timeZone === undefined ? null : timeZoneFrom('timeZone', timeZone);
      const selection = selectionFrom(tenant, request.query);
      const ask = { by, top, timeZone: zone };
      const { rows, others, total } = await lookUp('summary', tenant, { selection, ask }, whileConnected(reply));
      const isTime = by === 'day' || by === 'hour';
      return { by, timeZone: isTime ? zone : null, total, rows: [...rows], others };
    },
  );
}
