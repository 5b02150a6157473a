import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from '../../../api/check.ts';
import { most } from '../../../api/fields.ts';
import { CompatibleStartHeaders, DocumentPath, ObjectPath, StartQuery, UserPath } from '../../../api/requests.ts';
import { StartAnswer } from '../../../api/status.ts';
import type { Source } from '../../../domain/activity.ts';
import { Failure } from '../../../domain/failure.ts';
import { periodFromWire } from '../../../domain/period.ts';
import { objectFromSegment, userFromSegment } from '../../../domain/selection.ts';
import { answers } from '../../answer/answers.ts';
import type { Http, HttpParts } from '../../parts.ts';
import { wantsFresh } from '../../request/headers.ts';
import { exportRequestFor, languageFrom, withPlusOfZone } from './export-request.ts';

type Query = Static<typeof StartQuery>;

/** The compatible starts: GET requests, although they create a job. */
export function activityExports(app: Http, { desk }: Pick<HttpParts, 'desk'>): void {
  const start = async (
    source: Source,
    whose: { readonly user?: string; readonly object?: string },
    request: FastifyRequest & { readonly query: Query },
    reply: FastifyReply,
  ) => {
    reply.header('Cache-Control', 'no-store');
    const { startTime, eventTypes, language } = request.query;
    const finish = finishOf(request.query);
    const period = periodFromWire(startTime === undefined ? null : named('startTime', startTime), finish);
    const spoken = language === undefined ? undefined : languageFrom(language);
    const asked = exportRequestFor({ source, ...whose, period, eventTypes, language: spoken });
    const fresh = wantsFresh(request.headers['cache-control']);
    const job = await desk.startExport(request.caller, asked, { fresh, idempotencyKey: null });
    return { jobId: String(job.id), status: 200 as const, message: '' };
  };
  const described = (operationId: string, summary: string) => ({
    operationId,
    summary,
    tags: ['Activity exports'],
    description:
      'Starts an export and answers at once. While it waits or runs, the same request again gives the same job, unless Cache-Control: no-cache asks for a new one.',
    querystring: StartQuery,
    headers: CompatibleStartHeaders,
    response: answers({ 200: ['The job was started, or was under way already.', StartAnswer] }, 401, 403, 429),
  });

  app.get(
    '/insights/users/:email/activities/export',
    { schema: { ...described('exportMicrosoft365User', 'Export what one Microsoft 365 user did'), params: UserPath } },
    (request, reply) => start('microsoft365', { user: user('email', request.params.email) }, request, reply),
  );
  app.get(
    '/insights/activities/object/:path/export',
    {
      schema: {
        ...described('exportMicrosoft365Object', 'Export what was done to one Microsoft 365 object'),
        params: ObjectPath,
      },
    },
    (request, reply) => start('microsoft365', { object: object('path', request.params.path) }, request, reply),
  );
  app.get(
    '/insights/google/users/:email/activities/export',
    { schema: { ...described('exportGoogleUser', 'Export what one Google Workspace user did'), params: UserPath } },
    (request, reply) => start('google', { user: user('email', request.params.email) }, request, reply),
  );
  app.get(
    '/insights/google/activities/object/:id/export',
    {
      schema: { ...described('exportGoogleObject', 'Export what was done to one Google object'), params: DocumentPath },
    },
    (request, reply) => start('google', { object: object('id', request.params.id) }, request, reply),
  );
}

function finishOf({ finishTime, endTime }: Query): { name: string; text: string } | null {
  if (finishTime !== undefined && endTime !== undefined) {
    throw new Failure('parameter_invalid', 'finishTime and endTime are one parameter; send finishTime alone.');
  }
  if (finishTime !== undefined) return named('finishTime', finishTime);
  return endTime === undefined ? null : named('endTime', endTime);
}

function named(name: string, text: string): { name: string; text: string } {
  return { name, text: withPlusOfZone(text) };
}

function user(name: string, segment: string): string {
  return bounded(name, userFromSegment(segment));
}

function object(name: string, segment: string): string {
  return bounded(name, objectFromSegment(segment));
}

function bounded(name: string, text: string): string {
  if (text === '') throw new Failure('parameter_invalid', `${name} must not be empty; put it in the path.`);
  if (text.length > most.identity) {
    throw new Failure('parameter_invalid', `${name} must have at most ${most.identity} characters; shorten it.`);
  }
  return text;
}
