import { type Clock, systemClock } from '../kit/clock.ts';

/** Whoever writes to the database without telling us is noticed after this. */
const lookAgainMs = 1000;
/** How late a deadline may be noticed. */
const tickMs = 100;

type Waiter = { readonly untilMs: number; readonly wake: () => void };

/**
 * Wakes those who wait for a change of something. However many wait, and until whenever each, they share one timer: one
 * more costs a promise and a listener.
 */
export class Waiters {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #waiting = new Map<string, Set<Waiter>>();
  #timer: NodeJS.Timeout | null = null;
  #ticks = 0;

  constructor(clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#clock = clock;
  }

  /**
   * Resolves when the key is told to have changed, when the signal aborts, after a second at the latest, and within 100 ms
   * after `untilMs` of the monotonic clock.
   */
  next(key: string, signal: AbortSignal, untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      const same = this.#waiting.get(key) ?? new Set();
      const wake = () => {
        same.delete(waiter);
        if (same.size === 0 && this.#waiting.get(key) === same) this.#waiting.delete(key);
        if (this.#waiting.size === 0) this.#stop();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const waiter: Waiter = { untilMs, wake };
      same.add(waiter);
      this.#waiting.set(key, same);
      signal.addEventListener('abort', wake, { once: true });
      this.#timer ??= setInterval(() => this.#tick(), tickMs);
      if (signal.aborted) wake();
    });
  }

  /** Wakes those who wait for this key. */
  changed(key: string): void {
    for (const { wake } of [...(this.#waiting.get(key) ?? [])]) wake();
  }

  #tick(): void {
    if (++this.#ticks * tickMs >= lookAgainMs) {
      this.#ticks = 0;
      for (const key of [...this.#waiting.keys()]) this.changed(key);
      return;
    }
    const nowMs = this.#clock.monotonic();
    for (const same of [...this.#waiting.values()]) {
      for (const { untilMs, wake } of [...same]) if (untilMs <= nowMs) wake();
    }
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#ticks = 0;
  }
}
