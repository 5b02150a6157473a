import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../client.ts';
import type { Plain } from '../naive.ts';
import { matching, type Question } from './matching.ts';
import type { Filled } from './tenants.ts';
import { type Answer, bodyOf, rowOf, type Way, ways } from './ways.ts';

/** How many exports run at once for a tenant. */
const lanes = 5;
/** Settings of a program that is asked like this: no dry run is refused. */
export const filtersEnv = { TRAILPORT_COUNTS_RUNNING: '64', TRAILPORT_COUNTS_PER_TENANT: '8' };

/** In the short form one of so many questions is an export. */
const exportEvery = 3;
const mostFindings = 20;

/** Workbooks are read by a slow library, so fewer and smaller ones are. */
const turns: readonly Way[] = ['CSV', 'JSON Lines', 'CSV', 'JSON Lines', 'workbook'];
const mostInWorkbook = 300;

/**
 * Asks tenants each question: how many rows a dry run counts, and the rows in one of the ways, by turns. With `isShort`
 * each question goes to one tenant, and few are exports. Answers with what differs from the naive filter.
 */
export async function wrongAnswers(
  { tenants, records }: Filled,
  questions: readonly Question[],
  isShort = false,
): Promise<string[]> {
  const wrong: string[] = [];
  const askTenant = async (name: string, client: Client, offset: number) => {
    const queue = [...questions.entries()];
    const lane = async () => {
      for (let next = queue.pop(); next !== undefined && wrong.length < mostFindings; next = queue.pop()) {
        const [i, asked] = next;
        if (isShort && (i + offset) % tenants.size !== 0) continue;
        const expected = matching(records, asked);
        const turn = turns[(i * 2 + offset) % turns.length]!;
        const large = turn === 'workbook' && expected.length > mostInWorkbook;
        const asksRows = !isShort || i % exportEvery === 0;
        for (const way of asksRows ? (['dry run', large ? 'CSV' : turn] as const) : (['dry run'] as const)) {
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

function differenceOf(found: Answer, expected: readonly Plain[]): string | null {
  if ('count' in found) return found.count === expected.length ? null : `${found.count} instead of ${expected.length}`;
  const isRows = 'rows' in found;
  const [actual, wanted] = isRows
    ? [found.rows, expected.map(rowOf)]
    : [found.ids.map((id) => [id]), expected.map(({ id }) => [id])];
  if (isDeepStrictEqual(actual, wanted)) return null;
  const at = wanted.findIndex((row, i) => !isDeepStrictEqual(actual[i], row));
  const place = at < 0 ? wanted.length : at;
  return `${actual.length} rows instead of ${wanted.length}; row ${place + 1} is ${JSON.stringify(actual[place])} instead of ${JSON.stringify(wanted[place])}`;
}
