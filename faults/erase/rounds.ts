import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Source, sources } from '../../src/domain/activity.ts';
import { noFilters } from '../../src/domain/filters.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { Store } from '../../src/store/store.ts';
import { rowsOf } from '../../test/store/fixtures.ts';
import { contoso, eraseJob, erases, fabrikam, type Plan, planFor } from './plan.ts';

const script = new URL('./erase-once.ts', import.meta.url).pathname;

/** What a round found: the step before which the erasure was killed (null: it came to its end), and what was wrong. */
export type Round = { readonly step: string | null; readonly wrong: readonly string[] };

/** The activities of both tenants: user, time, id and record, as reports have them. */
type Rows = Readonly<Record<string, readonly string[]>>;

/** A store that holds what the plan of a seed writes, and copies of it for rounds. */
export class Rounds implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), 'trailport-'));
  readonly #seed: number;
  readonly #plan: Plan;
  #before: Rows = {};
  #after: Rows = {};

  private constructor(seed: number) {
    this.#seed = seed;
    this.#plan = planFor(seed);
  }

  static async make(seed: number): Promise<Rounds> {
    const rounds = new Rounds(seed);
    await using store = await Store.open(rounds.#made);
    for (const [i, { tenant, activities }] of rounds.#plan.writes.entries()) {
      await store.add(tenant, (i + 1) as JobId, activities);
    }
    rounds.#before = await allRows(store);
    rounds.#after = {
      ...rounds.#before,
      [contoso]: rounds.#before[contoso]!.filter((row) => {
        const [time = '', user = ''] = JSON.parse(row) as string[];
        return !erases(rounds.#plan, { user, timeMs: Date.parse(time) });
      }),
    };
    return rounds;
  }

  /**
   * Kills the erasure before a step, or so many milliseconds after it began; opens the store again, erases again, and
   * imports everything again.
   */
  async killAt(step: number, afterMs: number | null = null): Promise<Round> {
    const directory = join(this.#root, `killed-${step}`);
    cpSync(this.#made, directory, { recursive: true });
    const when = afterMs === null ? [] : [String(afterMs)];
    const child = spawnSync(process.execPath, [script, directory, String(this.#seed), String(step), ...when]);
    const names = String(child.stdout).split('\n').filter(Boolean);
    const wrong: string[] = [];
    if (child.signal !== 'SIGKILL' && child.signal !== 'SIGTERM') wrong.push(`the erasure failed: ${child.stderr}`);
    else {
      // A commit that has begun is done before anything else runs.
      const begun = afterMs === null && child.signal === 'SIGKILL' ? names.slice(0, -1) : names;
      const isCommitted = begun.includes('erasure: commit');
      await this.#check(directory, isCommitted, wrong).catch((error) => wrong.push(String(error.stack)));
    }
    rmSync(directory, { recursive: true });
    return { step: child.signal === 'SIGKILL' ? (names.at(-1) ?? '') : null, wrong };
  }

  async #check(directory: string, isCommitted: boolean, wrong: string[]): Promise<void> {
    const expect = (what: string, found: unknown, expected: unknown) => {
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        wrong.push(`${what}: ${JSON.stringify(found).slice(0, 300)} and not ${JSON.stringify(expected).slice(0, 300)}`);
      }
    };
    const erased = this.#before[contoso]!.length - this.#after[contoso]!.length;
    {
      await using store = await Store.open(directory);
      expect('after the kill', await allRows(store), isCommitted ? this.#after : this.#before);
      const { rows, pending } = await store.erase(contoso, eraseJob, this.#plan.request, Date.now());
      expect('erased', rows, erased);
      expect('after the erasure', await allRows(store), this.#after);
      await store.removeErased(contoso, pending, 1000, new AbortController().signal);
      await store.concludeErased(pending);
      expect('after the removal', await allRows(store), this.#after);
      let forgotten = 0;
      for (const [i, { tenant, activities }] of this.#plan.writes.entries()) {
        forgotten += (await store.add(tenant, (100 + i) as JobId, activities)).forgotten;
      }
      const arrived = this.#plan.writes
        .filter(({ tenant }) => tenant === contoso)
        .flatMap(({ activities }) => activities)
        .filter((one) => erases(this.#plan, one)).length;
      expect('not stored again', forgotten, arrived);
      expect('after everything came again', await allRows(store), this.#after);
      for (const tenant of [contoso, fabrikam]) await store.prove(tenant);
    }
    await using store = await Store.open(directory);
    expect('after another start', await allRows(store), this.#after);
  }

  get #made(): string {
    return join(this.#root, 'made');
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

async function allRows(store: Store): Promise<Rows> {
  const rows: Record<string, readonly string[]> = {};
  for (const tenant of [contoso, fabrikam]) {
    const found = await Promise.all(sources.map((source) => rowsIn(store, tenant, source)));
    rows[tenant] = found.flat().sort();
  }
  return rows;
}

async function rowsIn(store: Store, tenant: TenantId, source: Source): Promise<string[]> {
  const selection = { ...noFilters, tenant, source, period: { fromMs: null, untilMs: null } };
  using snapshot = await store.snapshot(selection);
  return (await rowsOf(snapshot, ['time', 'user', 'activityId', 'raw'])).map((row) => JSON.stringify(row));
}
