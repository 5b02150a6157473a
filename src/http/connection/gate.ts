import { tooBusy } from '../answer/failures.ts';

/** Lets so many in at once: in all, and of one tenant, so that the readers of one do not keep out all others. */
export class Gate {
  readonly #what: string;
  readonly #most: number;
  readonly #mostOfTenant: number;
  readonly #inside = new Map<string, number>();
  #all = 0;

  /** `what` is the plural for messages, such as `downloads`. */
  constructor(what: string, most: number, mostOfTenant: number) {
    this.#what = what;
    this.#most = most;
    this.#mostOfTenant = mostOfTenant;
  }

  /** Enters, or throws `too_busy`. Call what it returns once, when done; further calls do nothing. */
  enter(tenant: string): () => void {
    const ofTenant = this.#inside.get(tenant) ?? 0;
    if (this.#all >= this.#most || ofTenant >= this.#mostOfTenant) {
      const number = this.#all >= this.#most ? this.#most : this.#mostOfTenant;
      throw tooBusy(`${number} ${this.#what} are open already; let some end, then try again.`);
    }
    this.#all++;
    this.#inside.set(tenant, ofTenant + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#all--;
      const others = (this.#inside.get(tenant) ?? 1) - 1;
      if (others === 0) this.#inside.delete(tenant);
      else this.#inside.set(tenant, others);
    };
  }
}
