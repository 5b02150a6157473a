import type { Plain } from '../naive.ts';
import { type Question, wholeSource } from './matching.ts';
import { addresses, askedFolders } from './odd-records.ts';
import type { Random } from './random.ts';

/** The filters that can be combined. */
export const filters = [
  'user',
  'users',
  'object',
  'window',
  'eventTypes',
  'clientIps',
  'recordTypes',
  'services',
  'results',
  'text',
] as const;
export type Filter = (typeof filters)[number];

/**
 * Questions over some records, `each` of every combination: no filter, each filter alone, every pair, every triple, and
 * all at once, with values that records have, in other letters and spellings.
 */
export function questions(random: Random, records: readonly Plain[], each: number): Question[] {
  const combined = combinations().filter((names) => !(names.includes('user') && names.includes('users')));
  const sources = [...new Set(records.map(({ source }) => source))];
  return combined.flatMap((names) =>
    Array.from({ length: each }, () => {
      // Most questions are about what one record has, so that combinations match something.
      const about = random.pick(records.filter(({ source }) => source === random.pick(sources)).concat(records));
      let asked = wholeSource(about.source);
      for (const name of names)
        asked = { ...asked, ...filled(random, records, name, random.chance(0.85) ? about : random.pick(records)) };
      return asked;
    }),
  );
}

function combinations(): Filter[][] {
  const alone = filters.map((one) => [one]);
  const pairs = alone.flatMap(oneMore);
  return [[], ...alone, ...pairs, ...pairs.flatMap(oneMore), filters.filter((one) => one !== 'users')];
}

/** The combinations that have one filter more, each once. */
function oneMore(names: readonly Filter[]): Filter[][] {
  return filters.slice(filters.indexOf(names.at(-1)!) + 1).map((one) => [...names, one]);
}

function filled(random: Random, records: readonly Plain[], name: Filter, about: Plain): Partial<Question> {
  const list = (value: string, others: (one: Plain) => string) => {
    const more = random.chance(0.5) ? [others(random.pick(records)), 'NoSuchValue'] : [];
    return [value, ...more].filter((one) => one !== '').map((one) => swapped(random, one));
  };
  switch (name) {
    case 'user':
      return about.user === '' ? {} : { users: [swapped(random, about.user)] };
    case 'users':
      return { users: distinct([about, ...random.some(records, 3)].map(({ user }) => user)) };
    case 'object': {
      const object = random.chance(0.7) ? about.object : random.pick(askedFolders);
      return object === '' ? {} : { object };
    }
    case 'window':
      return windowAround(random, Date.parse(about.time));
    case 'eventTypes':
      return { eventTypes: distinct(list(about.activity, ({ activity }) => activity)) };
    case 'clientIps':
      return {
        clientIps: distinct([swapped(random, about.clientIp), ...random.some(addresses, random.below(3))]),
      };
    case 'recordTypes':
      return { recordTypes: distinct(list(about.recordType, ({ recordType }) => recordType)) };
    case 'services':
      return { services: distinct(list(about.service, ({ service }) => service)) };
    case 'results':
      return { results: distinct(list(about.result, ({ result }) => result)) };
    case 'text':
      return { text: pieceOf(random, random.chance(0.5) ? about.item : about.object) };
  }
}

/** From hours to weeks around a time; a third of the ends are exactly that time. */
function windowAround(random: Random, ms: number): Partial<Question> {
  const reach = random.pick([3_600_000, 86_400_000, 10 * 86_400_000]);
  const fromMs = random.chance(0.3) ? ms : ms - random.below(reach);
  const untilMs = random.chance(0.3) ? ms + (fromMs === ms ? 1 : 0) : ms + 1 + random.below(reach);
  return random.pick([{ fromMs, untilMs: Math.max(untilMs, fromMs + 1) }, { fromMs }, { untilMs }]);
}

function pieceOf(random: Random, text: string): string {
  const characters = [...text];
  const start = random.below(characters.length + 1);
  return swapped(random, characters.slice(start, start + 1 + random.below(12)).join(''));
}

/** In other letters, where that does not make another text of it. */
function swapped(random: Random, text: string): string {
  const other = random.pick([text, text.toLowerCase(), text.toUpperCase()]);
  return other.toLowerCase() === text.toLowerCase() ? other : text;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => value !== '');
}
