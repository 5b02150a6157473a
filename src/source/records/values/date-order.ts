/** Whether `3/8/2026` is the third of August or the eighth of March. */
export type Order = 'day first' | 'month first';

/** What all dates of a file together say about their order: nothing, one order, or both. */
export type Shown = Order | 'neither' | 'both';

/**
 * The order of the numbers in a file's dates. It is a property of the whole file: one date above twelve decides for all
 * of them, wherever it stands. So the first date that could be read either way sets `asked`, the reader looks at the
 * whole file once (every date of it passes `see`), and `settle` sets the result.
 */
export class DateOrder {
  #settled: Shown | null = null;
  #asked = false;
  #seenDayFirst = false;
  #seenMonthFirst = false;

  /** Whether a date needed the order before it was settled. */
  get asked(): boolean {
    return this.#asked && this.#settled === null;
  }

  /** Notes what the first and second number of a date show. */
  see(first: number, second: number): void {
    if (first > 12 && second >= 1 && second <= 12) this.#seenDayFirst = true;
    if (second > 12 && first >= 1 && first <= 12) this.#seenMonthFirst = true;
  }

  /** What the dates seen so far show. */
  get shown(): Shown {
    if (this.#seenDayFirst && this.#seenMonthFirst) return 'both';
    if (this.#seenDayFirst) return 'day first';
    return this.#seenMonthFirst ? 'month first' : 'neither';
  }

  settle(shown: Shown): void {
    this.#settled = shown;
  }

  /** The order for a date that could be read either way, or why the order is not known. */
  forDate(): Shown {
    if (this.#settled === null) this.#asked = true;
    return this.#settled ?? 'neither';
  }
}
