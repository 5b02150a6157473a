import { writeFileSync } from 'node:fs';
import { limits, logLevels } from '../src/config.ts';
import { type FailureCode, failures } from '../src/domain/failure.ts';
import { statusOf } from '../src/http/answer/failures.ts';

/*
 * Writes the pages that are made from tables of the program. Run `node docs/write.ts` after changing a table; a test
 * compares.
 */

/** What each limit means, beside its number in `src/config.ts`. */
const meanings = {
  exportsRunningPerTenant: 'exports of one tenant that run at once; more of them wait',
  jobsWaitingPerTenant: 'jobs of one tenant that may wait; the next is refused with 429',
  exportsRunningPerWorker: 'exports of all tenants that the worker runs at once; tenants take turns',
  suspectTurnMs: 'how long a job that was cut off twice runs alone before others run beside it again',
  diskFullMs: 'how long a job is tried again while the disk is full, counted from its start',
  countMs:
    'how long a dry run, a page of activities or a summary may wait, and then take; longer ones are answered 503',
  countsRunning:
    'dry runs, pages and summaries that are worked on at once, of all tenants; further ones wait, and tenants take turns',
  countsRunningPerTenant: 'the same of one tenant; further ones wait',
  countsWaitingPerTenant: 'dry runs, pages and summaries of one tenant that may wait; the next is answered 429',
  jobKeptMs: 'how long a job that has ended can be looked at; one whose report is still kept stays longer',
  importStallMs: 'how long an import may read nothing new from its file before it fails',
  importsRunningPerTenant: 'imports of one tenant that run at once; more of them wait',
  importsRunningPerWorker: 'imports of all tenants that the worker runs at once; tenants take turns',
  attempts: 'how often a job is tried before it fails',
  leaseMs: 'how long a running job may go without a sign of life before it is started again',
  reportKeptMs: 'how long a report can be downloaded after its job finished',
  importBytes: 'size of an imported file as it is sent; a larger one is refused with 413',
  importEntries: 'files that a ZIP archive of records may hold; one with more is refused',
  importInflatedBytes: 'size of an imported file after decompression',
  recordBytes: 'size of one record; a larger one is rejected',
  tokenSeconds: 'how long an access token is valid',
  eraseWaitMs:
    'how long an erasure waits, before it removes activities from the disk, for exports that may read them; then these start again',
  sqliteBusyMs: 'how long a write to the job database waits for another process',
  stopMs: 'how long the worker may take to stop with the service; an upload may take a quarter of it',
  connections: 'connections that are open at once; further ones are answered 503, or closed at once',
  requestMs: 'how long the head of a request may take to arrive, and then its body; an upload must bring 32 KiB in it',
  heldPolls: 'polls with `Prefer: wait` that are held at once; further ones are answered at once',
  downloads: 'downloads at once, of all tenants; further ones are refused with 503',
  downloadsPerTenant: 'downloads at once of one tenant; further ones are refused with 503',
  uploads: 'uploads at once, of all tenants; further ones are refused with 503',
  uploadsPerTenant: 'uploads at once of one tenant; further ones are refused with 503',
  signingKeyMs: 'after how long a new key signs the tokens; the tokens of the old one stay good until they expire',
} as const satisfies Record<keyof typeof limits, string>;

const others = [
  ['TRAILPORT_DATA', '`--data`', '`./data`', 'the data directory: job database, keys, store, received files, reports'],
  [
    'TRAILPORT_ROLE',
    '`--role`',
    '`all`',
    'what this process does: `http` answers requests, `worker` does the jobs, `all` does both; see [operations](operations.md)',
  ],
  ['TRAILPORT_HOST', '`--host`', '`127.0.0.1`', 'the address to listen on'],
  ['TRAILPORT_PORT', '`--port`', '`8080`', 'the port to listen on, 0 for a free one'],
  [
    'TRAILPORT_PUBLIC_URL',
    '',
    '`http://HOST:PORT`',
    'the address that clients use, and the issuer of the tokens; set it behind a proxy',
  ],
  [
    'TRAILPORT_DATABASE_URL',
    '',
    'a SQLite file in the data directory',
    'the PostgreSQL database of jobs, apps and keys: `postgres://USER:PASSWORD@HOST:5432/DATABASE`',
  ],
  ['TRAILPORT_DATABASE_URL_FILE', '', '', 'a file that holds that address, instead of the variable'],
  [
    'TRAILPORT_CLICKHOUSE_URL',
    '',
    'the engine in the worker, with files in the data directory',
    'the ClickHouse server of the activities: `http://USER:PASSWORD@HOST:8123`, or https',
  ],
  ['TRAILPORT_CLICKHOUSE_URL_FILE', '', '', 'a file that holds that address, instead of the variable'],
  [
    'TRAILPORT_FILES_URL',
    '',
    'the data directory',
    'the bucket of reports and received files, in S3 or a storage that speaks its protocol: `s3://BUCKET/PREFIX`',
  ],
  ['TRAILPORT_FILES_ENDPOINT', '', 'Amazon, by the region', 'the address of another storage: `https://s3.example.org`'],
  ['TRAILPORT_FILES_REGION', '', '`us-east-1`', 'the region of the bucket'],
  [
    'TRAILPORT_FILES_ACCESS_KEY_ID',
    '',
    'what the machine has',
    'the key to ask with; without it, the environment, files and roles are used that the AWS tools use',
  ],
  ['TRAILPORT_FILES_SECRET_ACCESS_KEY', '', '', 'its secret'],
  ['TRAILPORT_FILES_ACCESS_KEY_ID_FILE', '', '', 'a file that holds the key, instead of the variable'],
  ['TRAILPORT_FILES_SECRET_ACCESS_KEY_FILE', '', '', 'a file that holds the secret, instead of the variable'],
  [
    'TRAILPORT_METRICS_LISTEN',
    '',
    'nowhere',
    'the address and port, such as `127.0.0.1:9464`, where `/metrics`, `/healthz` and `/readyz` are answered without a token; see [operations](operations.md)',
  ],
  ['TRAILPORT_LOG', '', '`info`', `how much is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}`],
] as const;

const clients = [
  ['TRAILPORT_SERVER', 'the address of the service'],
  ['TRAILPORT_CLIENT_ID', 'the client id of an app'],
  ['TRAILPORT_CLIENT_SECRET', 'its secret'],
] as const;

/** Every page by its file name in this folder. */
export function pages(): Readonly<Record<string, string>> {
  return { 'failures.md': failuresPage(), 'settings.md': settingsPage() };
}

function settingsPage(): string {
  const rows = Object.entries(limits).map(([name, { env, value, unit, least, most }]) => {
    const meaning = meanings[name as keyof typeof limits];
    return [`\`${env}\``, inUnit(value, unit), `${inUnit(least, unit)} to ${inUnit(most, unit)}`, meaning];
  });
  return page('Settings', [
    'A flag has priority over an environment variable, and that over the default. A wrong value stops the program with an error; `trailport doctor` finds misspelt names.',
    '## The service',
    table(
      ['variable', 'flag', 'default', 'what it is'],
      others.map(([env, ...rest]) => [`\`${env}\``, ...rest]),
    ),
    '## Limits',
    'Whole numbers, in the unit of the name: `TRAILPORT_REPORT_KEPT_MS=86400000` keeps reports for a day.',
    table(['variable', 'default', 'allowed', 'what it limits'], rows),
    '## Clients',
    'Commands that talk to a service use `credentials.json` of the data directory unless these three are set.',
    table(
      ['variable', 'what it is'],
      clients.map(([env, what]) => [`\`${env}\``, what]),
    ),
  ]);
}

function failuresPage(): string {
  const rows = (Object.keys(failures) as FailureCode[]).map((code) => {
    const { title, move, retry, advice } = failures[code];
    const status = commandCodes.includes(code) ? '–' : String(statusOf[code]);
    return [`\`${code}\``, status, title, actors[move], retry ? 'yes' : 'no', advice];
  });
  return page('Failures', [
    'Every error has a code and a sentence. The code does not change; the sentence may. Commands print the code with `--json`; over HTTP it is the member `code` of an error, and the member `type` is `urn:trailport:failure:CODE`.',
    table(['code', 'HTTP', 'meaning', 'who can act', 'a job is tried again', 'what to do'], rows),
  ]);
}

const actors = { caller: 'the caller', administrator: 'the administrator', time: 'nobody; wait' } as const;

/** Codes that only commands print. */
const commandCodes: readonly FailureCode[] = [
  'usage',
  'interrupted',
  'job_cancelled',
  'settings_invalid',
  'cannot_start',
  'app_unknown',
  'tenant_unknown',
];

function page(title: string, parts: readonly string[]): string {
  return `# ${title}\n\n<!-- Written by docs/write.ts; change the table there or in src, then run: node docs/write.ts -->\n\n${parts.join('\n\n')}\n`;
}

/** A Markdown table with aligned columns. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** A number as it is set and, in brackets, as people read it. */
function inUnit(value: number, unit: string): string {
  const steps: Readonly<Record<string, readonly [number, string][]>> = {
    ms: [
      [86_400_000, 'days'],
      [60_000, 'min'],
      [1000, 's'],
    ],
    s: [
      [86_400, 'days'],
      [3600, 'h'],
    ],
    bytes: [
      [2 ** 40, 'TiB'],
      [2 ** 30, 'GiB'],
      [2 ** 20, 'MiB'],
      [2 ** 10, 'KiB'],
    ],
  };
  const step = steps[unit]?.find(([size]) => value >= size && value % size === 0);
  if (step === undefined) return String(value);
  return `${value} (${value / step[0]} ${value === step[0] ? step[1].replace(/^days$/, 'day') : step[1]})`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(pages())) writeFileSync(new URL(name, import.meta.url), text);
}
