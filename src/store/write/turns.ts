import type { TenantId } from '../../domain/ids.ts';

/** The work on one tenant's rows is done one after the other; different tenants do not wait for each other. */
export class Turns {
  readonly #last = new Map<TenantId, Promise<unknown>>();

  take<T>(tenant: TenantId, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(tenant) ?? Promise.resolve()).then(work);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(tenant) === settled) this.#last.delete(tenant);
      });
    this.#last.set(tenant, settled);
    return turn;
  }
}
