type Known<V> = { readonly value: V; readonly askedAtMs: number };
type Asking<V> = { readonly value: Promise<V>; stale: boolean };

/**
 * Answers of another program, remembered for a short time. Those who ask for the same while it is being asked share one
 * answer. `undefined` is no value: it stands for what is not known.
 */
export class Recent<K, V> {
  readonly #keptMs: number;
  readonly #most: number;
  readonly #weightOf: (value: V) => number;
  readonly #known = new Map<K, Known<V>>();
  readonly #asking = new Map<K, Asking<V>>();
  #weight = 0;

  /**
   * An answer counts for `keptMs` from the moment it was asked for. Values that together weigh `most` are kept; by default
   * each weighs 1. One more, and all before it are forgotten.
   */
  constructor(keptMs: number, most: number, weightOf: (value: V) => number = () => 1) {
    this.#keptMs = keptMs;
    this.#most = most;
    this.#weightOf = weightOf;
  }

  /** The value, if it is known; null is a value. */
  known(key: K): V | undefined {
    const known = this.#known.get(key);
    return known !== undefined && performance.now() - known.askedAtMs < this.#keptMs ? known.value : undefined;
  }

  /** The value; `ask` is called when it is not known. */
  async get(key: K, ask: () => Promise<V>): Promise<V> {
    const known = this.known(key);
    if (known !== undefined) return known;
    const under = this.#asking.get(key);
    if (under !== undefined && !under.stale) return await under.value;
    const askedAtMs = performance.now();
    const asking: Asking<V> = { value: ask(), stale: false };
    this.#asking.set(key, asking);
    try {
      const value = await asking.value;
      if (!asking.stale) this.#keep(key, { value, askedAtMs });
      return value;
    } finally {
      if (this.#asking.get(key) === asking) this.#asking.delete(key);
    }
  }

  /** The value of the key has changed: what was asked before may be older, whichever key it was for. */
  forget(key: K): void {
    const known = this.#known.get(key);
    if (known !== undefined) this.#weight -= this.#weightOf(known.value);
    this.#known.delete(key);
    for (const asking of this.#asking.values()) asking.stale = true;
  }

  forgetAll(): void {
    this.#known.clear();
    this.#weight = 0;
    for (const asking of this.#asking.values()) asking.stale = true;
  }

  #keep(key: K, known: Known<V>): void {
    const weight = this.#weightOf(known.value);
    const before = this.#known.get(key);
    if (before !== undefined) this.#weight -= this.#weightOf(before.value);
    if (this.#weight + weight > this.#most) {
      this.#known.clear();
      this.#weight = 0;
    }
    if (weight > this.#most) return;
    this.#weight += weight;
    this.#known.set(key, known);
  }
}
