import { type Static, Type } from 'typebox';
import { columnNames, defaultColumns } from '../domain/columns.ts';
import { jobStates, jobTypes } from '../domain/job.ts';
import type { SourceOverview } from '../domain/overview.ts';
import { mostPageRows, type PageRow, pageOrders } from '../domain/page.ts';
import { summaryKeys } from '../domain/summary.ts';
import { closed, count, instant, most, nullable, text } from './fields.ts';
import { JobRef } from './job.ts';
import { filterParameters, source } from './requests.ts';

const next = nullable(Type.String({ description: 'Send it as `after` for the next page; null on the last page.' }));

export const JobsQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...jobStates])),
    type: Type.Optional(Type.Enum([...jobTypes])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    after: Type.Optional(text(most.cursor, 'The `next` of the page before.')),
  },
  closed,
);

export const JobsAnswer = Type.Object({ jobs: Type.Array(JobRef), next });

/** A required parameter has an example, because /docs and the samples are filled in with it. */
const exampleSource = { ...source, examples: ['microsoft365'] } as typeof source;

export const ActivitiesQuery = Type.Object(
  {
    source: exampleSource,
    ...filterParameters,
    order: Type.Optional(
      Type.Enum([...pageOrders], { default: 'newest', description: 'Which activities come first.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: mostPageRows, default: 100 })),
    after: Type.Optional(text(most.place, 'The `next` of the page before, with the same filters and order.')),
    columns: Type.Optional(
      Type.Array(Type.Enum([...columnNames]), {
        minItems: 1,
        maxItems: columnNames.length,
        uniqueItems: true,
        description: `The members of each activity; by default all but raw, the original record.`,
      }),
    ),
  },
  closed,
);

/** An activity; texts are empty where the record says nothing. */
const ActivityDocument = Type.Object({
  time: Type.Optional(instant),
  ...Object.fromEntries(columnNames.slice(1).map((name) => [name, Type.Optional(Type.String())])),
});
type ActivityDocument = Readonly<Record<string, string>>;

export const ActivitiesAnswer = Type.Object({ activities: Type.Array(ActivityDocument), next });

/** A row as the API shows it, with the columns asked for in their order. */
export function activityDocumentFor(row: PageRow, columns: typeof defaultColumns = defaultColumns): ActivityDocument {
  return Object.fromEntries(
    columns.map((name) => [name, name === 'time' ? new Date(row.timeMs).toISOString() : (row[name] ?? '')]),
  );
}

export const SummaryQuery = Type.Object(
  {
    source: exampleSource,
    by: Type.Enum([...summaryKeys], { examples: ['day'], description: 'What to count by.' }),
    ...filterParameters,
    top: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: most.top,
        default: 100,
        description: 'How many to list: the most frequent, or the latest days or hours. The others are one sum.',
      }),
    ),
    timeZone: Type.Optional(
      text(most.timeZone, 'The zone of days and hours: an IANA name such as Europe/Paris. Without it, UTC.'),
    ),
  },
  closed,
);

export const SummaryAnswer = Type.Object({
  by: Type.Enum([...summaryKeys]),
  timeZone: nullable(Type.String({ description: 'Null for UTC, and where neither days nor hours are counted.' })),
  total: count,
  rows: Type.Array(
    Type.Object({
      key: Type.String({
        description: '`2026-11-23` for days, `2026-11-23T17:00Z` for hours; empty where the records say nothing.',
      }),
      count,
    }),
    { description: 'The most frequent first; days and hours the oldest first.' },
  ),
  others: Type.Integer({ minimum: 0, description: 'Activities of the keys that are not listed.' }),
});
export type SummaryAnswer = Static<typeof SummaryAnswer>;

const SourceDocument = Type.Object({
  source,
  rows: count,
  bytes: Type.Integer({ minimum: 0, description: 'Of the original records, before compression.' }),
  firstActivity: instant,
  lastActivity: instant,
  newestArrival: nullable(instant),
  missingDays: Type.Integer({
    minimum: 0,
    description: 'Days (UTC) without any activity between the first and the last.',
  }),
  gaps: Type.Array(Type.Object({ first: Type.String(), last: Type.String() }), {
    description: 'The latest runs of such days, oldest first: the first and the last day of each.',
  }),
});

export const StoreAnswer = Type.Object({
  sources: Type.Array(SourceDocument, { description: 'One entry for each source that has activities.' }),
  imports: Type.Array(JobRef, {
    description: 'The latest imports, newest first; `GET /insights/jobs?type=import` has all.',
  }),
});
export type StoreAnswer = Static<typeof StoreAnswer>;

/** What the store holds of a source, as the API shows it. */
export function sourceDocumentFor(overview: SourceOverview): StoreAnswer['sources'][number] {
  const { source: name, rows, bytes, firstMs, lastMs, arrivedMs, missingDays, gaps } = overview;
  return {
    source: name,
    rows,
    bytes,
    firstActivity: iso(firstMs),
    lastActivity: iso(lastMs),
    newestArrival: arrivedMs === null ? null : iso(arrivedMs),
    missingDays,
    gaps: gaps.map(({ first, last }) => ({ first, last })),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
