/** Whoever writes to the database without telling us is noticed after this. */
const lookAgainMs = 1000;

/**
 * Wakes those who wait for a change of something. A thousand that wait share one timer, so one costs a promise and a
 * listener.
 */
export class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>();
  #timer: NodeJS.Timeout | null = null;

  /** Resolves when the key is told to have changed, when the signal aborts, and after a second at the latest. */
  next(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const same = this.#waiting.get(key) ?? new Set();
      const wake = () => {
        same.delete(wake);
        if (same.size === 0 && this.#waiting.get(key) === same) this.#waiting.delete(key);
        if (this.#waiting.size === 0) this.#stop();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      same.add(wake);
      this.#waiting.set(key, same);
      signal.addEventListener('abort', wake, { once: true });
      this.#timer ??= setInterval(() => this.#wakeAll(), lookAgainMs);
      if (signal.aborted) wake();
    });
  }

  /** Wakes those who wait for this key. */
  changed(key: string): void {
    for (const wake of [...(this.#waiting.get(key) ?? [])]) wake();
  }

  #wakeAll(): void {
    for (const key of [...this.#waiting.keys()]) this.changed(key);
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
