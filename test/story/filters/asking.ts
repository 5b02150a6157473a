import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../client.ts';
import type { Plain } from '../naive.ts';
import { mostKeys, naiveSummary } from './lookups.ts';
import { matching, type Question } from './matching.ts';
import type { Filled } from './tenants.ts';
import { type Answer, bodyOf, rowOf, type Way, ways } from './ways.ts';

/** How many exports run at once for a tenant. */
const lanes = 5;
/** Settings of a program that is asked like this: nothing is refused, and a busy machine makes no file look stalled. */
export const filtersEnv = {
  TRAILPORT_COUNTS_RUNNING: '64',
  TRAILPORT_COUNTS_PER_TENANT: '8',
  TRAILPORT_COUNT_MS: '60000',
  TRAILPORT_IMPORT_STALL_MS: '120000',
};
const mostFindings = 20;

/** Ways that take milliseconds, and exports. Workbooks are read by a slow library, so fewer and smaller ones are. */
const quick: readonly Way[] = ['dry run', 'newest pages', 'summary', 'dry run', 'oldest pages', 'summary'];
const exports: readonly Way[] = ['CSV', 'JSON Lines', 'CSV', 'JSON Lines', 'workbook'];
const mostInWorkbook = 300;
/** In the short form one of so many questions is an export. */
const exportEvery = 4;

/**
 * Asks tenants each question in some of the ways, by turns. With `isShort` each question goes to one tenant, and few are
 * exports. Answers with what differs from the naive filter.
 */
export async function wrongAnswers(
  { tenants, records }: Filled,
  questions: readonly Question[],
  isShort = false,
): Promise<string[]> {
  const wrong: string[] = [];
  const askTenant = async (name: string, client: Client, offset: number) => {
    const queue = [...questions.entries()].filter(([i]) => !isShort || (i + offset) % tenants.size === 0);
    const lane = async () => {
      for (let next = queue.pop(); next !== undefined && wrong.length < mostFindings; next = queue.pop()) {
        const [i, asked] = next;
        const expected = matching(records, asked);
        for (const way of waysFor(asked, expected.length, i + offset, !isShort || i % exportEvery === 0)) {
          const found = await ways[way](client, bodyOf(asked)).catch((error: Error) => error.message);
          const difference = typeof found === 'string' ? found : differenceOf(found, expected);
          if (difference !== null) wrong.push(`${name}, ${way}, ${JSON.stringify(bodyOf(asked))}: ${difference}`);
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  await Promise.all([...tenants].map(([name, client], offset) => askTenant(name, client, offset)));
  return wrong;
}

function waysFor(asked: Question, rows: number, turn: number, andExport: boolean): Way[] {
  const look = quick[turn % quick.length]!;
  const file = exports[turn % exports.length]!;
  return [
    look === 'dry run' || canBeParameters(asked) ? look : 'dry run',
    ...(andExport ? [file === 'workbook' && rows > mostInWorkbook ? 'CSV' : file] : []),
  ];
}

/** Names in the parameters of an address are separated by commas, so one that has a comma cannot be asked for there. */
function canBeParameters({ eventTypes, services, recordTypes, clientIps }: Question): boolean {
  return ![...eventTypes, ...services, ...recordTypes, ...clientIps].some((name) => name.includes(','));
}

function differenceOf(found: Answer, expected: readonly Plain[]): string | null {
  if ('count' in found) return found.count === expected.length ? null : `${found.count} instead of ${expected.length}`;
  if ('counts' in found) {
    const all = naiveSummary(expected, found.by);
    // A summary lists a limited number of keys.
    const wanted = found.counts.size < mostKeys ? all : new Map([...all].filter(([key]) => found.counts.has(key)));
    if (isDeepStrictEqual(found.counts, wanted)) return null;
    return `by ${found.by} ${shown(found.counts)} instead of ${shown(wanted)}`;
  }
  const isRows = 'rows' in found;
  const [actual, wanted] = isRows
    ? [found.rows, expected.map(rowOf)]
    : [found.ids.map((id) => [id]), expected.map(({ id }) => [id])];
  if (isDeepStrictEqual(actual, wanted)) return null;
  const at = wanted.findIndex((row, i) => !isDeepStrictEqual(actual[i], row));
  const place = at < 0 ? wanted.length : at;
  return `${actual.length} rows instead of ${wanted.length}; row ${place + 1} is ${JSON.stringify(actual[place])} instead of ${JSON.stringify(wanted[place])}`;
}

function shown(counts: ReadonlyMap<string, number>): string {
  return JSON.stringify([...counts].sort().slice(0, 30));
}
