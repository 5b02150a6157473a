import type { DatabaseSync, StatementSync } from './sqlite.ts';

/** A change by another connection is seen after so long. To ask for one takes 2 µs, as long as a small query. */
const askedEveryMs = 1;

/** Whether a database was written to, through any connection. All that is remembered of a connection asks together. */
class Changes {
  readonly #others: StatementSync;
  readonly #own: StatementSync;
  #asked = Number.NEGATIVE_INFINITY;
  #seenOthers: unknown;
  #seenOwn: unknown;
  #number = 0;

  constructor(db: DatabaseSync) {
    // https://sqlite.org/pragma.html#pragma_data_version: changes with every commit of another connection.
    this.#others = db.prepare('PRAGMA data_version');
    this.#own = db.prepare('SELECT total_changes()');
    // Half the time of an object.
    this.#own.setReturnArrays(true);
  }

  askAgain(): void {
    this.#asked = Number.NEGATIVE_INFINITY;
  }

  /** The same number while nothing was written. */
  number(): number {
    const [own] = this.#own.get() as unknown as [number];
    let others = this.#seenOthers;
    const nowMs = performance.now();
    if (nowMs - this.#asked >= askedEveryMs) {
      this.#asked = nowMs;
      others = this.#others.get()?.data_version;
    }
    if (own !== this.#seenOwn || others !== this.#seenOthers) this.#number++;
    this.#seenOwn = own;
    this.#seenOthers = others;
    return this.#number;
  }
}

const changesOf = new WeakMap<DatabaseSync, Changes>();

/**
 * Values that were read from a database, remembered until anything in it changes: what this connection writes counts at
 * once, what another connection or process commits within a millisecond. To read a job and parse its texts takes 20 µs.
 */
export class Remembered<K, V> {
  readonly #db: DatabaseSync;
  readonly #changes: Changes;
  readonly #most: number;
  readonly #weightOf: (value: V) => number;
  readonly #values = new Map<K, V>();
  #weight = 0;
  #seen = -1;

  /** Values that together weigh `most` are kept; by default each weighs 1. One more, and all before it are forgotten. */
  constructor(db: DatabaseSync, most: number, weightOf: (value: V) => number = () => 1) {
    this.#db = db;
    this.#changes = changesOf.get(db) ?? new Changes(db);
    changesOf.set(db, this.#changes);
    this.#most = most;
    this.#weightOf = weightOf;
  }

  /** What other connections have committed by now is seen by the next `get`. */
  askAgain(): void {
    this.#changes.askAgain();
  }

  /** The value of a key; `read` reads it from the database when it is not known. */
  get(key: K, read: () => V): V {
    // What is written in a transaction may be taken back.
    if (this.#db.isTransaction) return read();
    const number = this.#changes.number();
    if (number !== this.#seen) this.#forget();
    this.#seen = number;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = read();
    const weight = this.#weightOf(value);
    if (this.#weight + weight > this.#most) this.#forget();
    if (weight > this.#most) return value;
    this.#weight += weight;
    this.#values.set(key, value);
    return value;
  }

  #forget(): void {
    this.#values.clear();
    this.#weight = 0;
  }
}
