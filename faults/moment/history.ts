import { createHash } from 'node:crypto';

/** A version of an activity: the greater the rank, the more its record says. Equal ranks are equal records. */
export type Version = { readonly id: number; readonly rank: number };

/** What a store holds at one moment: how many activities, and the SHA-256 of their records in the order of a report. */
export type State = { readonly rows: number; readonly sha256: string };

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
    this.states.push({ rows: rows.length, sha256: digestOf(rows.map((row) => `${recordOf(row)}\n`).join('')) });
  }
}

/** The record of a version as one line of JSON. */
export function recordOf(version: Version): string {
  return JSON.stringify({
    CreationTime: new Date(timeOf(version)).toISOString().slice(0, 19),
    Id: idOf(version),
    Operation: 'FileAccessed',
    RecordType: 6,
    UserId: `user${version.id % 7}@contoso.example`,
    Workload: 'SharePoint',
    ObjectId: `https://contoso.sharepoint.example/sites/team${version.id % 5}/file ${version.id}.docx`,
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
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
