import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TenantId } from '../../src/domain/ids.ts';
import { Store } from '../../src/store/store.ts';
import { everything } from '../../test/store/fixtures.ts';
import { Random } from '../../test/story/filters/random.ts';
import { digestOf } from '../moment/history.ts';
import { inconsistenciesOf } from '../store/consistency.ts';
import { Batches, type Death, importsOf, type Task, tenants } from './plan.ts';

const script = new URL('./writer.ts', import.meta.url).pathname;

/** What a process printed before it ended or was killed. */
type Told = { readonly steps: string[]; readonly begun: number[]; readonly stored: number[]; readonly error: string };

/** Runs a process; with `killAfterMs` it is killed then, wherever it is. */
function ran(task: Task, killAfterMs: number | null): Promise<Told> {
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (output.stdout += data));
  child.stderr.on('data', (data) => (output.stderr += data));
  const timer = killAfterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      const [begun, stored] = [[...task.from], [...task.from]];
      const steps: string[] = [];
      for (const [word, first = '', second] of output.stdout
        .split('\n')
        .map((line) => line.split(/ (.*?)(?: (\d+))?$/))) {
        if (word === 'step') steps.push(second === undefined ? first : `${first} ${second}`);
        if (word === 'begun') begun[Number(first)] = Number(second) + 1;
        if (word === 'stored') stored[Number(first)] = Number(second) + 1;
      }
      resolve({ steps, begun, stored, error: code === null || code === 0 ? '' : output.stderr });
    });
  });
}

/** A store, the batches that were written to it, and the rounds of killing its writer. */
export class Rounds {
  readonly directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  readonly findings: string[] = [];
  /** Every step that a process came to. */
  readonly steps = new Set<string>();
  readonly #seed: number;
  readonly #random: Random;
  readonly #batches: ReadonlyMap<TenantId, Batches>;
  /** How many batches of each tenant were acknowledged, and how many are there. */
  #from = tenants.map(() => 0);
  readonly #there = tenants.map(() => 0);

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#batches = new Map(tenants.map((tenant) => [tenant, new Batches(seed, tenant)]));
  }

  /** Writes some batches, killed at a step or after a time or not at all, then looks at what is there. */
  async round(batches: number, death: Death | null, killAfterMs: number | null = null): Promise<void> {
    const task = { directory: this.directory, seed: this.#seed, from: this.#from, batches, death };
    const told = await ran(task, killAfterMs);
    for (const step of told.steps) this.steps.add(step);
    const what = `${JSON.stringify(death ?? killAfterMs)}, from ${this.#from}`;
    if (told.error !== '') this.findings.push(`${what}: ${told.error}`);
    // Killed again while it opens, before anybody looks.
    if (this.#random.chance(0.3)) await ran({ ...task, batches: 0, death: null }, this.#random.below(1500));
    await this.#look(what, told);
  }

  async #look(what: string, { begun, stored }: Told): Promise<void> {
    try {
      await using store = await Store.open(this.directory);
      for (const [i, tenant] of tenants.entries()) {
        // What an earlier round had begun may be there already.
        const may = [stored[i]!, begun[i]!].map((number) => Math.max(number, this.#there[i]!));
        this.#there[i] = await this.#batchesIn(store, what, tenant, may);
      }
    } catch (error) {
      this.findings.push(`${what}: ${(error as Error).message}`);
    }
    for (const found of await inconsistenciesOf(this.directory)) this.findings.push(`${what}: ${found}`);
    this.#from = stored;
  }

  /** How many batches are there: what was acknowledged must be, and what had begun wholly or not at all. */
  async #batchesIn(store: Store, what: string, tenant: TenantId, may: readonly number[]): Promise<number> {
    const batches = this.#batches.get(tenant)!;
    using snapshot = await store.snapshot({ ...everything, tenant });
    const chunks: Uint8Array[] = [];
    const lines = snapshot.stream({ format: 'lines', only: null }, new AbortController().signal);
    for await (const { bytes } of lines) chunks.push(bytes);
    const sha256 = digestOf(Buffer.concat(chunks));
    const there = may.find((number) => batches.stateAfter(number).everything.sha256 === sha256);
    if (there === undefined) {
      const rows = may.map((number) => batches.stateAfter(number).everything.rows);
      this.findings.push(`${what}: ${tenant} has ${snapshot.rows} rows, which is neither of ${rows}`);
      return may[0]!;
    }
    for (let number = Math.max(0, there - 3); number < there; number++) {
      const counts = await Promise.all(importsOf(tenant, number).map((job) => store.countBroughtBy(tenant, job)));
      const added = counts.reduce((sum, count) => sum + count);
      const expected = batches.stateAfter(number + 1).everything.rows - batches.stateAfter(number).everything.rows;
      if (added !== expected) {
        this.findings.push(`${what}: the imports of batch ${number} of ${tenant} say ${added} added, not ${expected}`);
      }
    }
    return there;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
