import { JobRef, jobDocumentFor } from '../../../api/job.ts';
import { ExportBody, ExportQuery, StartHeaders } from '../../../api/requests.ts';
import { DryRunAnswer } from '../../../api/status.ts';
import { Failure } from '../../../domain/failure.ts';
import type { ExportRequest } from '../../../domain/job.ts';
import { periodFromBounds } from '../../../domain/period.ts';
import { selectionFor } from '../../../domain/selection.ts';
import { timeZoneFrom } from '../../../domain/time-zone.ts';
import { answers, header } from '../../answer/answers.ts';
import { whileConnected } from '../../connection/while-connected.ts';
import type { Http, HttpParts } from '../../parts.ts';
import { wantsFresh } from '../../request/headers.ts';
import { exportRequestFor } from './export-request.ts';

/** Starts an export with every option; the compatible starts have only some. */
export function exportRoutes(app: Http, { desk, clock, lookUp }: Pick<HttpParts, 'desk' | 'clock' | 'lookUp'>): void {
  app.post(
    '/insights/exports',
    {
      schema: {
        operationId: 'startExport',
        summary: 'Start an export',
        tags: ['Jobs'],
        querystring: ExportQuery,
        headers: StartHeaders,
        body: ExportBody,
        response: answers(
          {
            200: ['For a dry run: the number of rows that would be exported.', DryRunAnswer],
            202: ['The job.', JobRef, { Location: header('The address of the job.') }],
          },
          401,
          403,
          413,
          415,
          422,
          429,
        ),
      },
    },
    async (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      const { caller, body, headers } = request;
      const { from = null, until = null, timeZone = null, ...rest } = body;
      const period = periodFromBounds(from, until);
      const zone = timeZone === null ? null : timeZoneFrom('timeZone', timeZone);
      const asked: ExportRequest = exportRequestFor({ ...rest, period, timeZone: zone });
      if (request.query.dryRun) {
        const selection = selectionFor(caller.tenant, asked);
        return { rows: await lookUp('count', caller.tenant, { selection }, whileConnected(reply)) };
      }
      const fresh = wantsFresh(headers['cache-control']);
      const idempotencyKey = keyFrom(headers['idempotency-key']);
      const job = await desk.startExport(caller, asked, { fresh, idempotencyKey });
      reply.code(202).header('Location', `/insights/job/${job.id}`);
      return jobDocumentFor(job, clock.now());
    },
  );
}

function keyFrom(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new Failure(
      'parameter_invalid',
      'Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.',
    );
  }
  return header;
}
