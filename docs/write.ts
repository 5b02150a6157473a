import { writeFileSync } from 'node:fs';
import { limits, logLevels } from '../src/config.ts';
import { type FailureCode, failures } from '../src/domain/failure.ts';
import { statusOf } from '../src/http/answer/failures.ts';

/*
 * Writes the pages that are tables of the program: `node docs/write.ts` after changing one of them. A test compares.
 */

/** What each limit means, beside its number in `src/config.ts`. */
const meanings = {
  exportsRunningPerTenant: 'exports of one tenant that run at once; more wait their turn',
  jobsWaitingPerTenant: 'jobs of one tenant that may wait; the next is refused with 429',
  exportsRunningPerWorker: 'exports that the worker runs at once, of all tenants; tenants take turns',
  suspectTurnMs: 'how long a job that was cut off twice runs alone before others run beside it again',
  diskFullMs: 'how long a job is tried again while the disk is full, from its start on',
  importStallMs: 'how long the reading of a file may stand still before its import fails',
  importsRunningPerTenant: 'imports of one tenant that run at once; more wait their turn',
  importsRunningPerWorker: 'imports that the worker runs at once, of all tenants; tenants take turns',
  attempts: 'how often a job is taken up before it fails',
  leaseMs: 'how long a running job may show no sign of life before it is taken up again',
  reportKeptMs: 'how long a report can be downloaded after it is finished',
  importBytes: 'size of a file as it is sent; larger ones are refused with 413',
  importInflatedBytes: 'size of a gzipped file once inflated',
  recordBytes: 'size of one record; a larger one is set aside as a reject',
  tokenSeconds: 'how long an access token is good',
  sqliteBusyMs: 'how long a write waits for a neighbour of the job database',
  stopMs: 'how long the worker may take to stop with the service; an upload, a quarter',
} as const satisfies Record<keyof typeof limits, string>;

const others = [
  ['TRAILPORT_DATA', '`--data`', '`./data`', 'the data directory: job database, keys, store, received files, reports'],
  ['TRAILPORT_HOST', '`--host`', '`127.0.0.1`', 'the address to listen at'],
  ['TRAILPORT_PORT', '`--port`', '`8080`', 'the port to listen at, 0 for a free one'],
  [
    'TRAILPORT_PUBLIC_URL',
    '',
    '`http://HOST:PORT`',
    'the address that clients know the service by, and the issuer of its tokens: set it behind a proxy',
  ],
  ['TRAILPORT_LOG', '', '`info`', `how much is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}`],
] as const;

const clients = [
  ['TRAILPORT_SERVER', 'the address of the service'],
  ['TRAILPORT_CLIENT_ID', 'the client id of an app'],
  ['TRAILPORT_CLIENT_SECRET', 'its secret'],
] as const;

/** Every written page by its name in this folder. */
export function pages(): Readonly<Record<string, string>> {
  return { 'failures.md': failuresPage(), 'settings.md': settingsPage() };
}

function settingsPage(): string {
  const rows = Object.entries(limits).map(([name, { env, value, unit, least, most }]) => {
    const meaning = meanings[name as keyof typeof limits];
    return [`\`${env}\``, inUnit(value, unit), `${inUnit(least, unit)} to ${inUnit(most, unit)}`, meaning];
  });
  return page('Settings', [
    'Flags come before the environment, the environment before the default. A setting that is wrong stops the program with a sentence; `trailport doctor` finds misspelt names.',
    '## Where and how',
    table(
      ['variable', 'flag', 'default', 'what it is'],
      others.map(([env, ...rest]) => [`\`${env}\``, ...rest]),
    ),
    '## Limits',
    'Whole numbers, in the unit given: `TRAILPORT_REPORT_KEPT_MS=86400000` keeps reports for a day.',
    table(['variable', 'default', 'may be', 'what it bounds'], rows),
    '## For the other commands',
    "`import`, `export`, `status`, `job`, `jobs`, `cancel` and `doctor` use the data directory's `credentials.json` unless these three are set.",
    table(
      ['variable', 'what it is'],
      clients.map(([env, what]) => [`\`${env}\``, what]),
    ),
  ]);
}

function failuresPage(): string {
  const rows = (Object.keys(failures) as FailureCode[]).map((code) => {
    const { title, move, retry, advice } = failures[code];
    return [`\`${code}\``, String(statusOf[code]), title, whose[move], retry ? 'yes' : 'no', advice];
  });
  return page('Failures', [
    'Every error has a code, which never changes, beside its sentence, which may get better. `--json` and the member `code` of an error tell it; the member `type` is `urn:trailport:failure:CODE`.',
    table(['code', 'HTTP', 'what it means', 'whose move', 'a job is tried again', 'what to do'], rows),
  ]);
}

const whose = { caller: "the caller's", administrator: "the administrator's", time: 'wait' } as const;

function page(title: string, parts: readonly string[]): string {
  return `# ${title}\n\n<!-- Written by docs/write.ts; change the table there or in src, then run: node docs/write.ts -->\n\n${parts.join('\n\n')}\n`;
}

/** A table with its columns aligned, as the formatter wants it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The number as it is written, and as it is read. */
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
