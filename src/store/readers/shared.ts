import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { Processes } from '../ledger/postgres/processes.ts';
import { OwnReaders } from './own.ts';
import type { Readers, ReadersThen, Reading } from './readers.ts';

/** A beat that is under way may say what was true before, so what counts is the third one from now. */
const beatsToWait = 3;

export type SharedReadersOptions = {
  readonly processes: Processes;
  /** The name of this process. */
  readonly name: string;
  /** A process that has not beaten for so long is taken for dead. */
  readonly leaseMs: number;
  /** Called with each beat. */
  readonly onBeat?: () => Promise<void>;
};

/**
 * The readers of all processes that use a store. Each process says with every beat how old the oldest moment is that it
 * reads, and since when; whoever wants to remove something waits until all have said it anew. Whether a process lives is
 * judged by the observer's own clock: it is dead when its beats have stood still for `leaseMs`.
 */
export class SharedReaders implements Readers {
  readonly #options: SharedReadersOptions;
  readonly #own: OwnReaders;
  readonly #beatMs: number;
  readonly #stop = new AbortController();
  #beating: Promise<void> = Promise.resolve();
  /** Beats of this process that it knows to have arrived. */
  #beats = 0;
  /** How often this process was taken for dead. */
  #lives = 1;
  /** What the others said last, and since when they say the same, by this process's clock. */
  #seen = new Map<string, { readonly beats: number; readonly sinceMs: number }>();
  #lookedMs = performance.now();

  private constructor(options: SharedReadersOptions) {
    this.#options = options;
    this.#own = new OwnReaders(() => this.#beats + 1);
    this.#beatMs = Math.min(1000, options.leaseMs / 5);
  }

  /** Makes this process known and begins to beat. */
  static async open(options: SharedReadersOptions): Promise<SharedReaders> {
    const readers = new SharedReaders(options);
    await options.processes.add(options.name, 0);
    await readers.#look();
    readers.#beating = readers.#beatOn();
    return readers;
  }

  enter(tenant: TenantId): Reading {
    const life = this.#lives;
    const reading = this.#own.enter(tenant);
    return {
      ...reading,
      confirm: async () => {
        await this.#beat();
        if (this.#lives === life) return;
        const message = 'This process was taken for dead while it read the store, so it reads again.';
        throw new Failure('too_busy', message, { facts: { retryAfterSeconds: 1 } });
      },
    };
  }

  async oldestOf(tenant: TenantId): Promise<number> {
    const others = await this.#others();
    for (;;) {
      const known = await this.#others();
      const late = [...others].filter(([name, { beats }]) => {
        const now = known.get(name);
        return now !== undefined && now.beats < beats + beatsToWait;
      });
      if (late.length === 0) {
        const writes = [...others.keys()].map((name) => known.get(name)?.oldestWrite ?? Infinity);
        return Math.min(await this.#own.oldestOf(tenant), ...writes);
      }
      await delay(this.#beatMs / 2, undefined, { signal: this.#stop.signal });
    }
  }

  async now(tenant: TenantId): Promise<ReadersThen> {
    const then = await this.#others();
    const own = await this.#own.now(tenant);
    const haveLeft = async () => {
      if (!(await own.haveLeft())) return false;
      const known = await this.#others();
      return [...then].every(([name, { beats }]) => {
        const now = known.get(name);
        return now === undefined || Math.min(now.since ?? Infinity, now.beats) >= beats + beatsToWait;
      });
    };
    return { haveLeft };
  }

  /** Whether another process is dead, or has ended. */
  async isGone(name: string): Promise<boolean> {
    return name !== this.#options.name && !(await this.#others()).has(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#beating;
    await this.#options.processes.remove(this.#options.name, null).catch(() => undefined);
  }

  async #beatOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await delay(this.#beatMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      // A database that is away is asked again with the next beat, as is a write that could not be ended.
      await this.#beat()
        .then(() => this.#look())
        .then(() => this.#options.onBeat?.())
        .catch(() => undefined);
    }
  }

  async #beat(): Promise<void> {
    const { processes, name } = this.#options;
    const { write, since } = this.#own.all();
    const beats = await processes.beat(name, { oldestWrite: orNull(write), since: orNull(since) });
    if (beats === null) {
      this.#lives++;
      await processes.add(name, this.#beats + 1);
    } else if (beats > this.#beats) this.#beats = beats;
  }

  async #others() {
    const known = await this.#look();
    return new Map(known.filter(({ name }) => name !== this.#options.name).map((one) => [one.name, one]));
  }

  /** Those that live. One whose beats stand still for too long is removed, if it has not beaten meanwhile. */
  async #look() {
    const { processes, leaseMs, name: own } = this.#options;
    const known = await processes.all();
    const nowMs = performance.now();
    // While nobody could look, nobody could beat either, or this process stood still.
    const gapMs = nowMs - this.#lookedMs > 3 * this.#beatMs ? nowMs - this.#lookedMs : 0;
    this.#lookedMs = nowMs;
    const seen = new Map(
      known.map(({ name, beats }) => {
        const before = this.#seen.get(name);
        const sinceMs = before?.beats === beats ? before.sinceMs + gapMs : nowMs;
        return [name, { beats, sinceMs }] as const;
      }),
    );
    this.#seen = seen;
    const dead = known.filter(({ name }) => name !== own && nowMs - seen.get(name)!.sinceMs >= leaseMs);
    if (dead.length === 0) return known;
    for (const { name, beats } of dead) await processes.remove(name, beats);
    return await processes.all();
  }
}

function orNull(number: number): number | null {
  return number === Infinity ? null : number;
}
