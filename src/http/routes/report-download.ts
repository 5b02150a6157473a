import type { FastifyReply, FastifyRequest } from 'fastify';
import { JobPath, NoQuery, RangeHeaders } from '../../api/requests.ts';
import { reasonFor, retryAfterFor } from '../../api/status.ts';
import { Failure } from '../../domain/failure.ts';
import { jobIdFrom } from '../../domain/ids.ts';
import type { Job, Report } from '../../domain/job.ts';
import type { Reading } from '../../download/download.ts';
import { answers, file, header } from '../answer/answers.ts';
import { hangUp } from '../answer/failures.ts';
import { sendPieces } from '../answer/pieces.ts';
import type { Gate } from '../connection/gate.ts';
import { allowSlowReading } from '../connection/turns.ts';
import type { Http, HttpParts } from '../parts.ts';
import { matches } from '../request/headers.ts';

type Parts = Pick<HttpParts, 'desk' | 'downloads' | 'clock' | 'log'>;

/** The download of a report: the ZIP, a range of it, or the reason why there is none. */
export function reportDownload(app: Http, { desk, downloads, clock, log }: Parts, gate: Gate): void {
  const headers = {
    ETag: header('Strong.'),
    'Accept-Ranges': header('bytes'),
    'Content-Disposition': header('The name to save it under.'),
    'Repr-Digest': header('SHA-256 of the whole file, RFC 9530.'),
  };
  app.route({
    method: ['GET', 'HEAD'],
    url: '/insights/job/:jobId/exportfile',
    schema: {
      operationId: 'downloadReport',
      summary: 'Download the report of an export job',
      tags: ['Jobs'],
      params: JobPath,
      querystring: NoQuery,
      headers: RangeHeaders,
      response: answers(
        {
          200: ['The report.', file('application/zip'), headers],
          206: [
            'The range asked for.',
            file('application/zip'),
            { ...headers, 'Content-Range': header('Which it is.') },
          ],
          304: ['It is the one that If-None-Match names.'],
        },
        401,
        403,
        404,
        409,
        410,
        416,
      ),
    },
    handler: async (request, reply) => {
      const { tenant } = request.caller;
      const id = jobIdFrom(request.params.jobId);
      const report = reportOf(await desk.look(tenant, id), clock.now());
      reply.raw.once('close', gate.enter(tenant));
      // It may have expired and been removed between the look and the opening; then it is not damaged.
      const reading = await downloads.read(report).catch(async (error) => {
        reportOf(await desk.look(tenant, id), clock.now());
        throw error;
      });
      try {
        return await send(request, reply, report, reading, (error) => {
          log.warn({ requestId: request.id, tenant, job: id, code: error.name }, 'download_broken');
        });
      } catch (error) {
        await reading.close();
        throw error;
      }
    },
  });
}

/** The report of a job; throws why there is none. */
function reportOf(job: Job, nowMs: number): Report {
  switch (job.state) {
    case 'waiting':
    case 'running': {
      const message = `The report of job ${job.id} is not ready; poll exportstatus until jobStatus is 2.`;
      throw new Failure('report_not_ready', message, { facts: { retryAfterSeconds: retryAfterFor(job, nowMs) } });
    }
    case 'failed':
    case 'cancelled':
      throw new Failure('report_failed', reasonFor(job));
    case 'expired':
      throw expired(job);
    case 'finished':
      // The sweep that takes it off the shelf may be seconds away.
      if (job.expiresAtMs !== null && job.expiresAtMs <= nowMs) throw expired(job);
      if (job.outcome.type === 'export') return job.outcome.report;
      throw new Failure(
        'report_failed',
        `Job ${job.id} is of the type ${job.type}, which has no report; see /insights/job/${job.id}.`,
      );
  }
}

function expired(job: Job): Failure {
  if ('outcome' in job && job.outcome.erased) {
    const message = `The report of job ${job.id} was removed, because activities were erased that it may have held; start the export again.`;
    return new Failure('report_expired', message);
  }
  return new Failure('report_expired', `The report of job ${job.id} has expired; start the export again.`);
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  report: Report,
  reading: Reading,
  onBroken: (error: Error) => void,
): Promise<FastifyReply> {
  const { headers, method } = request;
  reply.headers({
    'Content-Type': 'application/zip',
    'Content-Disposition': `attachment; filename="${report.fileName}"`,
    ETag: reading.etag,
    'Accept-Ranges': 'bytes',
    'Repr-Digest': reading.reprDigest,
    'Cache-Control': 'private, no-store',
  });
  if (matches(headers['if-none-match'], reading.etag)) {
    void reading.close();
    return reply.removeHeader('Content-Type').code(304).send();
  }
  // RFC 9110 §14.2: Range is for GET alone.
  const range = method === 'GET' ? headers.range : undefined;
  const ifRange = headers['if-range'];
  const { whole, start, end } = reading.part(range, [ifRange].flat()[0]);
  reply.header('Content-Length', end - start);
  if (!whole) reply.code(206).header('Content-Range', `bytes ${start}-${end - 1}/${reading.bytes}`);
  if (method === 'HEAD') {
    void reading.close();
    return reply.send();
  }
  if (request.raw.socket.destroyed) throw hangUp();
  allowSlowReading(request.raw);
  await sendPieces(reply, reading.pieces(start, end), onBroken);
  return reply;
}
