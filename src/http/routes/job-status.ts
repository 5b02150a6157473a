import { JobPath, NoQuery, PollHeaders } from '../../api/requests.ts';
import { retryAfterFor, StatusAnswer } from '../../api/status.ts';
import { jobIdFrom } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import { answers, header } from '../answer/answers.ts';
import type { Http, HttpParts } from '../parts.ts';
import { matches, waitSecondsFrom } from '../request/headers.ts';
import { answerFor, pollRoute } from './poll-answer.ts';

/** The status of an export. A held request is answered at once when `closing` aborts. */
export function jobStatus(
  app: Http,
  { desk, clock, config, traffic }: Pick<HttpParts, 'desk' | 'clock' | 'config' | 'traffic'>,
  closing: AbortSignal,
): void {
  const most = config.limits.heldPolls;
  const held = new Set<AbortController>();
  const answerAll = () => {
    for (const call of held) call.abort();
  };
  closing.addEventListener('abort', answerAll, { once: true });
  app.get(
    pollRoute,
    {
      schema: {
        operationId: 'getExportStatus',
        summary: 'Retrieve the status of an export job',
        tags: ['Jobs'],
        params: JobPath,
        querystring: NoQuery,
        headers: PollHeaders,
        response: answers(
          {
            200: [
              'The status.',
              StatusAnswer,
              {
                ETag: header('Of the content.'),
                'Retry-After': header('Seconds, while jobStatus is 1.'),
                'X-Progress': header('While jobStatus is 1, such as 42%, 61200 of 145000 rows.'),
                'Preference-Applied': header('The wait that was applied.'),
              },
            ],
            304: ['Nothing has changed.'],
          },
          401,
          403,
          404,
        ),
      },
    },
    // Not async: a promise less for each poll that is not held.
    (request, reply) => {
      const { tenant } = request.caller;
      const id = jobIdFrom(request.params.jobId);
      const wait = waitSecondsFrom(request.headers.prefer);
      const send = (job: Job) => {
        const { text, etag, progress } = answerFor(job, clock.now());
        reply.header('ETag', etag).header('Cache-Control', 'no-cache');
        if (progress !== null) {
          reply.headers({ 'Retry-After': retryAfterFor(job, clock.now()), 'X-Progress': progress });
        }
        if (matches(request.headers['if-none-match'], etag)) reply.code(304).send();
        else reply.type('application/json; charset=utf-8').send(text);
        return reply;
      };
      // One too many is answered at once, which RFC 7240 §2 allows: the preference is not applied, and not echoed.
      if (wait === null || held.size >= most) {
        const job = desk.remembered(tenant, id);
        return job === null ? desk.look(tenant, id).then(send) : send(job);
      }
      const call = new AbortController();
      held.add(call);
      traffic.heldPolls++;
      reply.raw.once('close', () => call.abort());
      return desk
        .follow(tenant, id, wait * 1000, call.signal)
        .finally(() => {
          held.delete(call);
          traffic.heldPolls--;
        })
        .then((job) => {
          reply.header('Preference-Applied', `wait=${wait}`);
          return send(job);
        });
    },
  );
}
