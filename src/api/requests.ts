import { Type } from 'typebox';
import { sources } from '../domain/activity.ts';
import { columnNames, languages, reportFormats } from '../domain/columns.ts';
import { closed, most, nullable, text, time } from './fields.ts';

/** Path parameters are read by the domain's own parsers, which refuse a wrong value with a sentence of their own. */
export const JobPath = Type.Object({
  jobId: Type.Unsafe<string>({ type: 'integer', minimum: 1, description: 'As the start call returned it.' }),
});
export const UserPath = Type.Object({
  email: text(most.identity, 'E-mail or principal name, as one percent-encoded segment.', {
    examples: ['anna@contoso.com'],
  }),
});
export const ObjectPath = Type.Object({
  path: text(most.identity, 'URL of a site, folder, file or list, as one percent-encoded segment.', {
    examples: ['https://contoso.sharepoint.com/sites/finance'],
  }),
});
export const DocumentPath = Type.Object({
  id: text(most.identity, 'Document id, as one percent-encoded segment.', { examples: ['1AbC_x-9'] }),
});

const eventType = Type.String({ minLength: 1, maxLength: most.eventType });

const user = text(most.identity, 'E-mail or principal name, in any letter case. For several, send `users`.');
const object = text(most.identity, 'A URL or path, which includes all below it, or an id.');
const from = time('The first time that is included.');
const until = time('The first time that is excluded: `until` of one month is `from` of the next.');
const freeText = text(most.text, 'Only activities whose item or object contains this text, in any letter case.');

function entries(description: string, options: { readonly maxLength?: number; readonly commas?: 'kept' } = {}) {
  const { maxLength = most.entry, commas } = options;
  const kept = commas === undefined ? {} : { [keepsCommas]: true };
  return Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength }), { maxItems: most.entries, description, ...kept }),
  );
}

/** In a query, a list is repeated or separated by commas; one with this keyword is repeated only. */
export const keepsCommas = 'x-keeps-commas';

export const source = Type.Enum([...sources]);

/** The filters that are lists. An activity must match one entry of each that has any. */
const lists = {
  users: entries('Only activities of these users, each an e-mail or principal name. Not together with `user`.', {
    maxLength: most.identity,
    commas: 'kept',
  }),
  eventTypes: Type.Optional(
    Type.Array(eventType, { maxItems: most.eventTypes, description: 'Only activities with these names.' }),
  ),
  services: entries('Only activities of these services, such as SharePoint.'),
  recordTypes: entries('Only activities of these record types, such as SharePointFileOperation.'),
  results: entries('Only activities with these results, such as Succeeded.', { commas: 'kept' }),
  clientIps: entries('Only activities from these client addresses, in any spelling of an address.'),
};

/** The same filters as in `ExportBody`, as parameters of a query. */
export const filterParameters = {
  user: Type.Optional(user),
  object: Type.Optional(object),
  from: Type.Optional(from),
  until: Type.Optional(until),
  text: Type.Optional(freeText),
  ...lists,
};

export const StartQuery = Type.Object(
  {
    startTime: Type.Optional(time('Only activities from this time on.')),
    finishTime: Type.Optional(time('Only activities up to this time; a time to the second includes that second.')),
    endTime: Type.Optional(time('The name that older clients use for finishTime. Send only one of the two.')),
    eventTypes: Type.Optional(
      Type.Array(eventType, {
        maxItems: most.eventTypes,
        description: 'Only activities with these names. Repeat the parameter or separate the names by commas.',
      }),
    ),
    language: Type.Optional(text(most.language, `Language of the report: ${languages.join(', ')}.`)),
  },
  closed,
);

export const ExportBody = Type.Object(
  {
    source,
    user: Type.Optional(nullable(user)),
    object: Type.Optional(nullable(object)),
    from: Type.Optional(nullable(from)),
    until: Type.Optional(nullable(until)),
    text: Type.Optional(nullable(freeText)),
    ...lists,
    format: Type.Optional(Type.Enum([...reportFormats])),
    columns: Type.Optional(
      Type.Array(Type.Enum([...columnNames]), { minItems: 1, maxItems: columnNames.length, uniqueItems: true }),
    ),
    language: Type.Optional(Type.Enum([...languages])),
    timeZone: Type.Optional(
      nullable(text(most.timeZone, 'An IANA name such as Europe/Paris: adds a second time column in that zone.')),
    ),
  },
  { ...closed, examples: [{ source: 'microsoft365', user: 'anna@contoso.com', format: 'xlsx' }] },
);
export const ExportQuery = Type.Object(
  { dryRun: Type.Optional(Type.Boolean({ description: 'Validate only, and answer with the number of rows.' })) },
  closed,
);

export const ImportQuery = Type.Object(
  {
    fileName: Type.Optional(text(most.fileName, 'The name of the file, for people.')),
    allowForgotten: Type.Optional(
      Type.Boolean({
        description: 'Store records again that were erased before. Without it they are counted and left out.',
      }),
    ),
  },
  closed,
);

export const NoQuery = Type.Object({}, closed);

/** Headers are read by the routes. These schemas are for the OpenAPI document. */
export const CompatibleStartHeaders = Type.Object({
  'Cache-Control': Type.Optional(text(most.cursor, 'no-cache starts a new job even if the same one is under way.')),
});
export const StartHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    text(most.idempotencyKey, 'The same key and body give the same job; the same key and another body give 422.'),
  ),
  'Cache-Control': Type.Optional(text(most.cursor, 'no-cache starts a new job even if the same one is under way.')),
});
export const PollHeaders = Type.Object({
  Prefer: Type.Optional(
    text(most.cursor, 'wait=N: answer when the job ends, after N seconds (at most 60) at the latest.'),
  ),
  'If-None-Match': Type.Optional(text(most.identity, 'The ETag of an earlier answer: 304 if nothing has changed.')),
});
export const RangeHeaders = Type.Object({
  Range: Type.Optional(text(most.cursor, 'One range: bytes=0-1023, bytes=1024- or bytes=-1024.')),
  'If-Range': Type.Optional(text(most.cursor, 'The ETag of the file that the range is for.')),
  'If-None-Match': Type.Optional(text(most.identity, 'The ETag of a file that you have: 304 if it is the same.')),
});
