import type { Readable } from 'node:stream';
import { JobRef, jobDocumentFor } from '../../api/job.ts';
import { ImportQuery } from '../../api/requests.ts';
import { Failure } from '../../domain/failure.ts';
import { answers, header } from '../answer/answers.ts';
import type { Gate } from '../connection/gate.ts';
import type { Http, HttpParts } from '../parts.ts';

/** Takes a file of audit records as the body, of any media type, and streams it to disk. */
export async function importRoutes(
  app: Http,
  { desk, spool, clock, config }: Pick<HttpParts, 'desk' | 'spool' | 'clock' | 'config'>,
  uploads: Gate,
): Promise<void> {
  const most = config.limits.importBytes;
  await app.register(async (scope: Http) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.post(
      '/insights/imports',
      {
        config: { upload: true },
        onRequest: async (request) => {
          mediaTypeMustBeOne(request.headers['content-type']);
          codingMustBeGzip(request.headers['content-encoding']);
          if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
        },
        schema: {
          operationId: 'startImport',
          summary: 'Import a file of audit records',
          tags: ['Imports'],
          description:
            'Office 365 Management Activity API records, Purview and Search-UnifiedAuditLog exports (CSV or JSON), Microsoft Graph audit log records, Google Reports API activities; each also gzipped. Told apart by content.',
          querystring: ImportQuery,
          body: { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } },
          response: answers(
            { 202: ['Received and durable; the job.', JobRef, { Location: header('The address of the job.') }] },
            401,
            403,
            413,
            415,
            429,
          ),
        },
      },
      async (request, reply) => {
        reply.header('Cache-Control', 'no-store');
        reply.raw.once('close', uploads.enter(request.caller.tenant));
        // Without a body nothing was parsed.
        const spooled = await spool.receive((request.body as Readable | undefined) ?? request.raw, most);
        const { fileName = null, allowForgotten = false } = request.query;
        try {
          const job = await desk.startImport(request.caller, {
            fileName,
            ...spooled,
            ...(allowForgotten ? { allowForgotten } : {}),
          });
          reply.code(202).header('Location', `/insights/job/${job.id}`);
          return jobDocumentFor(job, clock.now());
        } catch (error) {
          await spool.remove(spooled.spoolName);
          throw error;
        }
      },
    );
  });
}

function mediaTypeMustBeOne(mediaType: string | undefined): void {
  if (!/^\s*multipart\//i.test(mediaType ?? '')) return;
  throw new Failure(
    'media_type_unsupported',
    'The body must be the file itself, not a form; send it without multipart.',
  );
}

/** What is gzipped is unpacked by its content, whether or not the header says so. */
function codingMustBeGzip(coding: string | undefined): void {
  if (/^\s*(?:gzip|x-gzip|identity)?\s*$/i.test(coding ?? '')) return;
  throw new Failure('media_type_unsupported', 'Content-Encoding must be gzip or left out; send the file so.');
}

function tooLarge(most: number): Failure {
  const message = `The file is larger than ${most} bytes; split it, or raise TRAILPORT_IMPORT_BYTES.`;
  return new Failure('body_too_large', message);
}
