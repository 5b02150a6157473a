import { Type } from 'typebox';
import { jobStates, jobTypes } from '../domain/job.ts';
import { closed, most, nullable, text } from './fields.ts';
import { JobRef } from './job.ts';

export const JobsQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...jobStates])),
    type: Type.Optional(Type.Enum([...jobTypes])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    after: Type.Optional(text(most.cursor, 'The `next` of the page before.')),
  },
  closed,
);

export const JobsAnswer = Type.Object({
  jobs: Type.Array(JobRef),
  next: nullable(Type.String({ description: 'Send it as `after` for the next page; null on the last page.' })),
});
