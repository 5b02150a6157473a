import { type Static, type TSchema, Type } from 'typebox';
import { sources } from '../domain/activity.ts';
import { columnNames, languages, reportFormats } from '../domain/columns.ts';
import { type JobState, jobStates, jobTypes } from '../domain/job.ts';

/** The compatible part's word for a state: 1 in progress, 2 finished, 3 failed. Never anything else. */
export const wireStatus = {
  waiting: 1,
  running: 1,
  finished: 2,
  expired: 2,
  failed: 3,
  cancelled: 3,
} as const satisfies Record<JobState, 1 | 2 | 3>;

const closed = { additionalProperties: false };
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const text = (description: string) => Type.String({ minLength: 1, description });
const time = (description: string) => Type.String({ minLength: 1, description, examples: ['2026-11-23T17:00:00'] });
const instant = Type.String({ format: 'date-time' });
const count = Type.Integer({ minimum: 0 });

/** Path parameters are read by the domain's own parsers, so that a bad one gets a sentence. */
export const JobPath = Type.Object({
  jobId: Type.Unsafe<string>({ type: 'integer', minimum: 1, description: 'As the start call returned it.' }),
});
export const UserPath = Type.Object({ email: text('E-mail or principal name, one percent-encoded segment.') });
export const ObjectPath = Type.Object({
  path: text('URL of a site, folder, file or list, one percent-encoded segment.'),
});
export const DocumentPath = Type.Object({ id: text('Document id, one percent-encoded segment.') });

export const StartQuery = Type.Object(
  {
    startTime: Type.Optional(time('First moment inside, ISO 8601; without zone it means UTC.')),
    finishTime: Type.Optional(time('Last moment inside; given to the second, that whole second is.')),
    endTime: Type.Optional(time('What older clients call finishTime.')),
    eventTypes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Names of activities; repeat it.' }),
    ),
    language: Type.Optional(Type.String({ minLength: 1, description: `One of ${languages.join(', ')}.` })),
  },
  closed,
);
export const StartAnswer = Type.Object({
  jobId: Type.String({ pattern: '^[0-9]+$', description: 'A string of digits here, an integer in addresses.' }),
  status: Type.Literal(200),
  message: Type.String(),
});
export const StatusAnswer = Type.Object({
  jobStatus: Type.Integer({ enum: [1, 2, 3], description: '1 in progress, 2 finished, 3 failed.' }),
  status: Type.Literal(200),
  message: Type.String({ description: 'Empty, or the reason in one sentence when jobStatus is 3.' }),
});

export const ExportBody = Type.Object(
  {
    source: Type.Enum([...sources]),
    user: Type.Optional(nullable(text('E-mail or principal name, in any case.'))),
    object: Type.Optional(nullable(text('A URL, which takes everything below it, or an id.'))),
    from: Type.Optional(nullable(time('Inside.'))),
    until: Type.Optional(nullable(time('Outside, so that months tile.'))),
    eventTypes: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: 1000 })),
    format: Type.Optional(Type.Enum([...reportFormats])),
    columns: Type.Optional(Type.Array(Type.Enum([...columnNames]), { minItems: 1, uniqueItems: true })),
    language: Type.Optional(Type.Enum([...languages])),
    timeZone: Type.Optional(nullable(text('An IANA name such as Europe/Paris, for a second time column.'))),
  },
  closed,
);
export const ExportQuery = Type.Object(
  { dryRun: Type.Optional(Type.Boolean({ description: 'Only validate, and answer with the number of rows.' })) },
  closed,
);
export const DryRunAnswer = Type.Object({ rows: count });

export const ImportQuery = Type.Object(
  { fileName: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'What the sender calls it.' })) },
  closed,
);

export const JobsQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...jobStates])),
    type: Type.Optional(Type.Enum([...jobTypes])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    after: Type.Optional(Type.String({ minLength: 1, description: 'The `next` of the page before.' })),
  },
  closed,
);

/** Headers are read by the routes; these are for the reference. */
export const StartHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(text('The same key and body is the same job; another body with it answers 422.')),
});
export const PollHeaders = Type.Object({
  Prefer: Type.Optional(text('wait=N: answer when the job ends, at the latest after N (at most 60) seconds.')),
  'If-None-Match': Type.Optional(text('The ETag of the answer before.')),
});
export const RangeHeaders = Type.Object({
  Range: Type.Optional(text('bytes=0-1023, bytes=1024-, bytes=-1024; one range.')),
  'If-Range': Type.Optional(text('The ETag that the range is of.')),
});

export const NoQuery = Type.Object({}, closed);

const ReportFileDocument = Type.Object({ name: Type.String(), rows: count, bytes: count, sha256: Type.String() });
const ReportDocument = Type.Object({
  fileName: Type.String(),
  bytes: count,
  rows: count,
  sha256: Type.String({ description: 'Of the whole ZIP, hex.' }),
  files: Type.Array(ReportFileDocument),
});
const ResultDocument = Type.Object({
  read: count,
  added: count,
  duplicates: count,
  rejected: count,
  from: nullable(Type.String()),
  until: nullable(Type.String()),
  bySource: Type.Object({ microsoft365: Type.Optional(count), google: Type.Optional(count) }),
  assumed: Type.Array(Type.String({ maxLength: 400 }), {
    maxItems: 20,
    description: 'What the file did not say and the import assumed, such as an encoding; one sentence each.',
  }),
});

export const JobDocument = Type.Object(
  {
    jobId: Type.Integer({ minimum: 1 }),
    type: Type.Enum([...jobTypes]),
    state: Type.Enum([...jobStates]),
    request: Type.Record(Type.String(), Type.Unknown(), { description: 'What was asked for, as understood.' }),
    progress: Type.Object({ percent: nullable(Type.Integer()), rows: count, rowsTotal: nullable(count) }),
    queuePosition: nullable(Type.Integer({ minimum: 1 })),
    etaSeconds: nullable(count),
    attempt: count,
    createdAt: instant,
    startedAt: nullable(instant),
    endedAt: nullable(instant),
    expiresAt: nullable(instant),
    report: nullable(ReportDocument),
    result: Type.Optional(nullable(ResultDocument)),
    failure: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  },
  { $id: 'Job' },
);
export type JobDocument = Static<typeof JobDocument>;

export const Problem = Type.Object(
  {
    status: Type.Integer({ description: 'The HTTP status of this answer.' }),
    message: Type.String({ description: 'One sentence that says what to do.' }),
    type: Type.String({ format: 'uri', examples: ['urn:trailport:failure:job_unknown'] }),
    title: Type.String(),
    code: Type.String(),
    requestId: Type.String(),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof Problem>;

export const JobRef = Type.Unsafe<JobDocument>({ $ref: 'Job#' });
export const JobsAnswer = Type.Object({
  jobs: Type.Array(JobRef),
  next: nullable(Type.String({ description: 'Give it as `after` for the next page; null on the last.' })),
});
