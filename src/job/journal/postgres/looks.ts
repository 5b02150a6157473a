import type { JobId, TenantId } from '../../../domain/ids.ts';
import type { Querier } from '../../../kit/postgres/postgres.ts';
import { type PlacedRow, placed } from './page.ts';

type Look = {
  readonly tenant: TenantId;
  readonly id: JobId;
  readonly found: (row: PlacedRow | null) => void;
  readonly failed: (error: unknown) => void;
};

/** Jobs that one statement asks for. */
const mostTogether = 500;

/**
 * Single jobs, asked for together: looks that begin in the same turn of the event loop are one statement. Held polls are
 * woken in one turn, so a thousand of them at a thousand jobs are two statements a second.
 */
export class Looks {
  readonly #db: Querier;
  #waiting: Look[] = [];

  constructor(db: Querier) {
    this.#db = db;
  }

  /** The row of a job; null for no such job and for another tenant's alike. */
  row(tenant: TenantId, id: JobId): Promise<PlacedRow | null> {
    return new Promise((found, failed) => {
      // Those who were woken before this one asks are ahead of a microtask that is queued now.
      if (this.#waiting.length === 0) queueMicrotask(() => this.#askAll());
      this.#waiting.push({ tenant, id, found, failed });
    });
  }

  #askAll(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; at += mostTogether) {
      const some = all.slice(at, at + mostTogether);
      this.#ask(some).catch((error) => {
        for (const { failed } of some) failed(error);
      });
    }
  }

  async #ask(looks: readonly Look[]): Promise<void> {
    const rows = await this.#db.rows<PlacedRow>(
      `SELECT ${placed} FROM unnest($1::text[], $2::bigint[]) AS asked (tenant, number)
       JOIN job ON job.tenant = asked.tenant AND job.number = asked.number`,
      [looks.map(({ tenant }) => tenant), looks.map(({ id }) => String(id))],
    );
    const found = new Map(rows.map((row) => [`${row.number} ${row.tenant}`, row]));
    for (const look of looks) look.found(found.get(`${look.id} ${look.tenant}`) ?? null);
  }
}
