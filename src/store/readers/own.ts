import type { TenantId } from '../../domain/ids.ts';
import type { Readers, ReadersThen, Reading } from './readers.ts';

type Reader = { readonly tenant: TenantId; readonly since: number; write: number };

/** The readers of this process. */
export class OwnReaders implements Readers {
  readonly #readers = new Set<Reader>();
  /** What a reader's `since` is: it only grows. */
  readonly #time: () => number;

  constructor(time: () => number = () => 0) {
    this.#time = time;
  }

  enter(tenant: TenantId): Reading {
    const reader: Reader = { tenant, since: this.#time(), write: 0 };
    this.#readers.add(reader);
    return {
      reads: (write) => {
        reader.write = write;
      },
      confirm: async () => undefined,
      leave: () => this.#readers.delete(reader),
    };
  }

  async oldestOf(tenant: TenantId): Promise<number> {
    return this.#oldest(this.#of(tenant));
  }

  async now(tenant: TenantId): Promise<ReadersThen> {
    const then = this.#of(tenant);
    return { haveLeft: async () => !then.some((reader) => this.#readers.has(reader)) };
  }

  /** The oldest moment that is read of any tenant, and since when the first of all readers reads; Infinity for none. */
  all(): { readonly write: number; readonly since: number } {
    const readers = [...this.#readers];
    return { write: this.#oldest(readers), since: Math.min(...readers.map(({ since }) => since)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #of(tenant: TenantId): Reader[] {
    return [...this.#readers].filter((reader) => reader.tenant === tenant);
  }

  #oldest(readers: readonly Reader[]): number {
    return Math.min(...readers.map(({ write }) => write));
  }
}
