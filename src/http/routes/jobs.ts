import { JobRef, jobDocumentFor } from '../../api/job.ts';
import { JobsAnswer, JobsQuery } from '../../api/pages.ts';
import { JobPath, NoQuery } from '../../api/requests.ts';
import { retryAfterFor } from '../../api/status.ts';
import { Failure } from '../../domain/failure.ts';
import { type JobId, jobIdFrom } from '../../domain/ids.ts';
import { hasEnded, type Job } from '../../domain/job.ts';
import { answers, file } from '../answer/answers.ts';
import type { Gate } from '../connection/gate.ts';
import { allowSlowReading } from '../connection/turns.ts';
import type { Http, HttpParts } from '../parts.ts';

/** Lists jobs, shows one, cancels or removes it, and gives the records that an import rejected. */
export function jobRoutes(
  app: Http,
  { desk, spool, clock }: Pick<HttpParts, 'desk' | 'spool' | 'clock'>,
  downloads: Gate,
): void {
  const schema = { tags: ['Jobs'], params: JobPath, querystring: NoQuery };
  const shown = (job: Job) => jobDocumentFor(job, clock.now());

  app.get(
    '/insights/jobs',
    {
      schema: {
        operationId: 'listJobs',
        summary: 'List the jobs of your tenant, newest first',
        tags: ['Jobs'],
        querystring: JobsQuery,
        response: answers({ 200: ['A page of jobs.', JobsAnswer] }, 401, 403),
      },
    },
    async (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      const { state = null, type = null, limit = 100, after } = request.query;
      const before = after === undefined ? null : cursorFrom(after);
      const { jobs, next } = await desk.list(request.caller.tenant, { state, type, before, limit });
      return { jobs: jobs.map(shown), next: next === null ? null : String(next) };
    },
  );

  app.get(
    '/insights/job/:jobId',
    {
      schema: {
        ...schema,
        operationId: 'getJob',
        summary: 'Get a job',
        response: answers({ 200: ['The job.', JobRef] }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      return shown(await desk.look(request.caller.tenant, jobIdFrom(request.params.jobId)));
    },
  );

  app.delete(
    '/insights/job/:jobId',
    {
      schema: {
        ...schema,
        operationId: 'cancelJob',
        summary: 'Cancel a job, or remove the report or the rejects of one that has ended',
        response: answers({ 202: ['Cancelled; the job.', JobRef], 204: ['Removed.'] }, 401, 403, 404, 409, 413, 415),
      },
    },
    async (request, reply) => {
      const { tenant } = request.caller;
      const id = jobIdFrom(request.params.jobId);
      if (await desk.cancel(tenant, id)) return reply.code(202).send(shown(await desk.look(tenant, id)));
      await desk.expire(tenant, id);
      return reply.code(204).send();
    },
  );

  app.get(
    '/insights/job/:jobId/rejects',
    {
      schema: {
        ...schema,
        tags: ['Imports'],
        operationId: 'getRejects',
        summary: 'Get the records that an import set aside',
        response: answers(
          { 200: ['One JSON object {"line","reason","record"} a line.', file('application/x-ndjson')] },
          401,
          403,
          404,
          409,
          410,
        ),
      },
    },
    async (request, reply) => {
      const job = await desk.look(request.caller.tenant, jobIdFrom(request.params.jobId));
      const rejects = rejectsOf(job, clock.now());
      reply.raw.once('close', downloads.enter(request.caller.tenant));
      allowSlowReading(request.raw);
      return reply
        .type('application/x-ndjson')
        .header('Cache-Control', 'no-store')
        .send(await spool.readRejects(rejects));
    },
  );
}

function rejectsOf(job: Job, nowMs: number): string {
  if (job.type === 'import' && !hasEnded(job)) {
    const message = `Job ${job.id} has not ended; poll it until it has.`;
    throw new Failure('report_not_ready', message, { facts: { retryAfterSeconds: retryAfterFor(job, nowMs) } });
  }
  if (job.type === 'import' && 'outcome' in job && (job.state === 'expired' || job.outcome.erased)) {
    const because = job.outcome.erased ? ', because activities were erased that they may have held' : '';
    const message = `The rejects of job ${job.id} were removed${because}; send the file again to see them.`;
    throw new Failure('rejects_removed', message);
  }
  const name = job.state === 'finished' && job.outcome.type === 'import' ? job.outcome.rejectsName : null;
  if (name === null) {
    throw new Failure('rejects_none', `Job ${job.id} set no records aside; there is nothing to fetch.`);
  }
  return name;
}

function cursorFrom(text: string): JobId {
  if (!/^[1-9][0-9]{0,15}$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new Failure(
      'parameter_invalid',
      'after must be the next of the page before; leave it out for the first page.',
    );
  }
  return Number(text) as JobId;
}
