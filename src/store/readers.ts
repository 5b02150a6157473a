/** Who reads the store, and which moment: the number of the write after which it is read. */
export class Readers {
  readonly #moments = new Map<symbol, number>();

  /** Adds a reader; call what it answers once the reader is done. */
  enter(write: number): () => void {
    const reader = Symbol('reader');
    this.#moments.set(reader, write);
    return () => this.#moments.delete(reader);
  }

  has(reader: symbol): boolean {
    return this.#moments.has(reader);
  }

  get all(): readonly symbol[] {
    return [...this.#moments.keys()];
  }

  /** The oldest moment that is read; Infinity when none is. */
  get oldest(): number {
    return Math.min(...this.#moments.values());
  }
}
