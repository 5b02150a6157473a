import type { TenantId } from '../domain/ids.ts';

/** Somebody who reads a tenant's rows as they stood at one moment. */
export type Reader = symbol;

/** Who reads the store, and which moments: what they can see is not removed. */
export class Readers {
  readonly #moments = new Map<Reader, { readonly tenant: TenantId; write: number }>();

  /** Adds a reader who has not chosen a moment yet: until `reads` is called, nothing of the tenant is removed. */
  enter(tenant: TenantId): { readonly reads: (write: number) => void; readonly leave: () => void } {
    const reader = Symbol('reader');
    const moment = { tenant, write: 0 };
    this.#moments.set(reader, moment);
    return {
      reads: (write) => {
        moment.write = write;
      },
      leave: () => this.#moments.delete(reader),
    };
  }

  has(reader: Reader): boolean {
    return this.#moments.has(reader);
  }

  of(tenant: TenantId): readonly Reader[] {
    return [...this.#moments].filter(([, moment]) => moment.tenant === tenant).map(([reader]) => reader);
  }

  /** The write of the oldest moment that is read of a tenant; Infinity when none is. */
  oldestOf(tenant: TenantId): number {
    const moments = [...this.#moments.values()].filter((moment) => moment.tenant === tenant);
    return Math.min(...moments.map(({ write }) => write));
  }
}
