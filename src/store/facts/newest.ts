import type { AskRows } from '../engine/engine.ts';
import { type Condition, everythingOf } from '../selection/condition.ts';

/** Tenants and sources remembered; past that the one remembered first is asked for again. */
const mostRemembered = 1000;

/**
 * The newest activity of a tenant and source, remembered until the tenant's next write.
 */
export class Newest {
  readonly #known = new Map<string, { readonly write: number; readonly ms: number | null }>();

  /** Milliseconds since 1970; null when there is no activity. */
  async at(rows: AskRows, condition: Condition): Promise<number | null> {
    const { sql, bindings, moment } = everythingOf(condition);
    const name = JSON.stringify([bindings.tenant, bindings.source]);
    const known = this.#known.get(name);
    if (known?.write === moment.write) return known.ms;
    // Reads one granule of each part, and columns of the last row only.
    const [row] = await rows<[number]>(
      `SELECT toFloat64(toUnixTimestamp64Milli(time)) FROM trailport.activity WHERE ${sql} ORDER BY time DESC LIMIT 1`,
      bindings,
    );
    const ms = row?.[0] ?? null;
    this.#known.set(name, { write: moment.write, ms });
    if (this.#known.size > mostRemembered) this.#known.delete(this.#known.keys().next().value ?? '');
    return ms;
  }
}
