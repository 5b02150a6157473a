import { type Pattern, textOf } from './patterns.ts';

/** What the sweep reads of an OpenAPI document. */
export type Operation = {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
};
type Schema = {
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<
    Record<string, { readonly type?: string; readonly const?: string; readonly enum?: readonly unknown[] }>
  >;
};
export type OpenApi = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

/** A request as bytes on a connection: method, target, header lines, body. */
export type Message = {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** One place of one operation that takes text. Null: the pattern cannot stand there. */
export type Place = {
  readonly name: string;
  readonly operation: Operation;
  /** The most characters of a text that the place is tried with. */
  readonly most: number;
  message(pattern: Pattern): Message | null;
};

/** Headers that are read whatever the operation is: tried on every operation, or in the short form on these. */
const inShort = ['GET /healthz', 'GET /insights/job/{jobId}/exportstatus', 'POST /connect/token'];
const everywhere = [
  'Authorization',
  'Accept',
  'X-Request-Id',
  'Content-Type',
  'Content-Encoding',
  'Cookie',
  'Expect',
  'Host',
];
/** Less than a head may have, with the rest of the request. */
const headCharacters = 100_000;

/** What the places are made for. */
export type Making = {
  /** Values by name for the parameters and members that are not swept. */
  readonly known: Readonly<Record<string, string>>;
  readonly bodyCharacters: number;
  readonly whole: boolean;
};

/** Every place of the document: parameters in path, query and headers, the query as a whole, members of bodies and forms. */
export function placesOf(document: OpenApi, making: Making): Place[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      placesOfOperation(method.toUpperCase(), path, operation, making),
    ),
  );
}

function placesOfOperation(
  method: string,
  path: string,
  operation: Operation,
  { known, bodyCharacters, whole }: Making,
): Place[] {
  const { parameters = [], requestBody } = operation;
  const [mediaType, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const schema = content?.schema ?? {};
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? 'a');
  const valid = validBody(mediaType, schema, known);
  const headers: Readonly<Record<string, string>> = mediaType === undefined ? {} : { 'Content-Type': mediaType };
  const base: Message = { method, target: filled, headers, body: valid };
  const place = (name: string, most: number, message: Place['message']): Place => ({
    name: `${method} ${path} ${name}`,
    operation,
    most,
    message,
  });
  const inPath = parameters
    .filter((parameter) => parameter.in === 'path')
    .map(({ name }) =>
      place(`path ${name}`, 90_000, (pattern) => ({
        ...base,
        target: path.replace(`{${name}}`, () => escaped(pattern, 90_000, '/?')).replace(/\{(\w+)\}/g, 'a'),
      })),
    );
  const names = [...parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => `${name}=`), ''];
  const inQuery = names.map((name) =>
    place(`query ${name === '' ? 'as a whole' : name}`, headCharacters, (pattern) => ({
      ...base,
      target: `${filled}?${name}${escaped(pattern, headCharacters, '')}`,
    })),
  );
  const own = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  const read = whole || inShort.includes(`${method} ${path}`) ? everywhere : [];
  const inHeaders = [...new Set([...own, ...read])].map((name) =>
    place(`header ${name}`, headCharacters, (pattern) => {
      const text = textOf(
        pattern,
        Math.floor((headCharacters * pattern.unit.length) / Buffer.byteLength(pattern.unit)),
      );
      return /[\0-\x08\x0a-\x1f\x7f]/.test(text) ? null : { ...base, headers: { ...headers, [name]: text } };
    }),
  );
  const isForm = mediaType === 'application/x-www-form-urlencoded';
  // A file is not swept here: reading it is the worker's, and has its own test.
  const members = schema.format === 'binary' ? [] : Object.keys(schema.properties ?? {});
  const inBody = members.flatMap((name) => {
    if (isForm) {
      return [
        place(`form ${name}`, bodyCharacters, (pattern) => ({
          ...base,
          body: `${valid.replace(new RegExp(`(^|&)${name}=[^&]*`), '')}&${name}=${escaped(pattern, bodyCharacters, '')}`,
        })),
      ];
    }
    const without = JSON.parse(valid) as Record<string, unknown>;
    delete without[name];
    const start = JSON.stringify(without).slice(0, -1) + (Object.keys(without).length === 0 ? '' : ',');
    return [
      place(`member ${name}, a text`, bodyCharacters, (pattern) => ({
        ...base,
        body: `${start}"${name}":${JSON.stringify(textOf(pattern, within(pattern, bodyCharacters, JSON.stringify)))}}`,
      })),
      place(`member ${name}, JSON as it is`, bodyCharacters, (pattern) => ({
        ...base,
        body: `${start}"${name}":${textOf(pattern, bodyCharacters)}}`,
      })),
      place(`member ${name}, a list`, bodyCharacters, ({ unit }) => {
        const item = JSON.stringify(unit);
        const times = Math.max(1, Math.floor(bodyCharacters / (item.length + 1)));
        return { ...base, body: `${start}"${name}":[${Array(times).fill(item).join()}]}` };
      }),
    ];
  });
  return [...inPath, ...inQuery, ...inHeaders, ...inBody];
}

/** How long a text may be so that it takes no more bytes than that once written. */
function within({ unit }: Pattern, bytes: number, written: (text: string) => string): number {
  const each = (Buffer.byteLength(written(unit.repeat(100))) + 2) / 100;
  return Math.floor((bytes * unit.length) / each) - 100;
}

/** As it is where HTTP allows that in an address, else percent-encoded. */
function escaped(pattern: Pattern, length: number, special: string): string {
  const text = textOf(pattern, length);
  if (/^[!-~]*$/.test(text) && ![...`#${special}`].some((character) => text.includes(character))) return text;
  const encoded = (part: string) => encodeURIComponent(part.toWellFormed());
  return textOf({ start: encoded(pattern.start), unit: encoded(pattern.unit), end: encoded(pattern.end) }, length);
}

/** A body that the operation takes: what is required, and for a form everything that is known. */
function validBody(
  mediaType: string | undefined,
  { required = [], properties = {} }: Schema,
  known: Readonly<Record<string, string>>,
): string {
  if (mediaType === undefined || mediaType === 'application/octet-stream') return '';
  const isForm = mediaType === 'application/x-www-form-urlencoded';
  const names = isForm
    ? Object.keys(properties).filter((name) => name in known || properties[name]?.const !== undefined)
    : required;
  const values = names.map((name): [string, string] => {
    const { const: only, enum: choices = [] } = properties[name] ?? {};
    return [name, String(known[name] ?? only ?? choices[0] ?? 'a')];
  });
  return isForm ? String(new URLSearchParams(values)) : JSON.stringify(Object.fromEntries(values));
}
