import { createHash } from 'node:crypto';

/** A version of an activity: the greater the rank, the more its record says. Equal ranks are equal records. */
export type Version = { readonly id: number; readonly rank: number };

/** What is read: everything, one user's activities, those on one site, or those of a user on a site. */
export const scopes = ['everything', 'user0', 'user3', 'team0', 'team2', 'user1 team4'] as const;
export type Scope = (typeof scopes)[number];

/** What a scope holds at one moment. Digests are SHA-256. */
export type View = {
  readonly rows: number;
  /** Of the records, a line each, in the order of a report. */
  readonly sha256: string;
  /** Of the rows of each day, `2026-01-20 17`, a line each, oldest first. */
  readonly days: string;
  /** Of the ids of the newest `pageRows`, newest first. */
  readonly newest: string;
};
export type State = Readonly<Record<Scope, View>>;

export const pageRows = 100;

const startMs = Date.UTC(2026, 0, 20);
const hourMs = 3_600_000;

/** Writes that follow each other and the state after each, generated from a seed. */
export class History {
  /** The state before the first write, then the one after each. */
  readonly states: State[] = [];
  readonly #random: () => number;
  readonly #ranks = new Map<number, number>();
  readonly #most: number;

  /** A write holds at most `most` versions. */
  constructor(seed: number, most: number) {
    this.#random = randomFrom(seed);
    this.#most = most;
    this.#note();
  }

  /**
   * The next write: richer, poorer, equal and new versions in a random order, some of them twice. A third of the ranks
   * moves the time, some into another month.
   */
  next(): Version[] {
    const known = [...this.#ranks];
    const versions: Version[] = [];
    const size = 1 + Math.floor(this.#random() * this.#most);
    for (let i = 0; i < size; i++) {
      const [id, rank] = known[Math.floor(this.#random() * known.length)] ?? [0, 1];
      const kind =
        known.length === 0 ? 'new' : this.#pick(['new', 'richer', 'richer', 'richer', 'poorer', 'equal'] as const);
      if (kind === 'new') versions.push({ id: this.#ranks.size + i, rank: 1 + Math.floor(this.#random() * 5) });
      else if (kind === 'richer') versions.push({ id, rank: rank + 1 + Math.floor(this.#random() * 4) });
      else if (kind === 'poorer') versions.push({ id, rank: Math.floor(rank / 2) });
      else versions.push({ id, rank });
      if (this.#random() < 0.05) versions.push(versions.at(-1)!);
    }
    for (const { id, rank } of versions) this.#ranks.set(id, Math.max(rank, this.#ranks.get(id) ?? 0));
    this.#note();
    return versions;
  }

  /** A whole number from 0 up to `below`, of the same seed. */
  random(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.random(values.length)]!;
  }

  #note(): void {
    const rows = [...this.#ranks].map(([id, rank]) => ({ id, rank }));
    rows.sort((a, b) => timeOf(a) - timeOf(b) || (idOf(a) < idOf(b) ? -1 : 1));
    const views = scopes.map((scope) => [scope, viewOf(rows.filter((row) => isIn(scope, row)))] as const);
    this.states.push(Object.fromEntries(views) as State);
  }
}

function viewOf(rows: readonly Version[]): View {
  const days = new Map<string, number>();
  for (const row of rows) {
    const day = new Date(timeOf(row)).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  return {
    rows: rows.length,
    sha256: digestOf(rows.map((row) => `${recordOf(row)}\n`).join('')),
    days: digestOfDays([...days].sort()),
    newest: digestOfIds(rows.slice(-pageRows).reverse().map(idOf)),
  };
}

export function digestOfDays(days: readonly (readonly [day: string, rows: number])[]): string {
  return digestOf(days.map(([day, rows]) => `${day} ${rows}\n`).join(''));
}

export function digestOfIds(ids: readonly string[]): string {
  return digestOf(ids.join('\n'));
}

/** The user and the object of a scope, null for any. */
export function filtersOf(scope: Scope): { readonly user: string | null; readonly object: string | null } {
  const [, user] = /user(\d)/.exec(scope) ?? [];
  const [, team] = /team(\d)/.exec(scope) ?? [];
  return { user: user === undefined ? null : userName(user), object: team === undefined ? null : siteOf(team) };
}

function isIn(scope: Scope, version: Version): boolean {
  const { user, object } = filtersOf(scope);
  const { user: own, object: at } = actOf(version);
  return (user === null || own === user) && (object === null || at.startsWith(`${object}/`));
}

/** Versions of one activity may have different users and sites. */
export function actOf({ id, rank }: Version): { readonly user: string; readonly object: string } {
  return { user: userName((id + rank) % 5), object: `${siteOf((id * 3 + rank) % 5)}/file ${id}.docx` };
}

const userName = (number: number | string) => `user${number}@contoso.example`;
const siteOf = (number: number | string) => `https://contoso.sharepoint.example/sites/team${number}`;

/** The record of a version as one line of JSON. */
export function recordOf(version: Version): string {
  const { user, object } = actOf(version);
  return JSON.stringify({
    CreationTime: new Date(timeOf(version)).toISOString().slice(0, 19),
    Id: idOf(version),
    Operation: 'FileAccessed',
    RecordType: 6,
    UserId: user,
    Workload: 'SharePoint',
    ObjectId: object,
    Comment: 'x'.repeat(version.rank),
  });
}

export function timeOf({ id, rank }: Version): number {
  const shifted = rank % 3 === 2 ? (rank % 2 === 0 ? 30 * 24 : 1) : 0;
  return startMs + id * 1000 + shifted * hourMs;
}

/** Ids stand in another order than their times. */
export function idOf({ id }: Version): string {
  return `${String((id * 7919) % 1_000_003).padStart(7, '0')}-${id}`;
}

export function digestOf(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
