import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { activity } from '../../test/store/activities.ts';
import { actOf, History, idOf, recordOf, timeOf, type Version } from '../moment/history.ts';

/** Tenants that write at the same time. The last gets each batch from two imports at once. */
export const tenants = ['contoso', 'fabrikam', 'two-importers'] as const as unknown as readonly TenantId[];
export const importsAtOnce = (tenant: TenantId) => (tenant === tenants.at(-1) ? 2 : 1);

/** The batches of a tenant, the same for the same seed, and what the tenant holds after each. */
export class Batches {
  readonly #history: History;
  readonly #batches: (readonly Version[])[] = [];

  constructor(seed: number, tenant: TenantId) {
    this.#history = new History(seed + tenants.indexOf(tenant), 400);
  }

  /** The batch of this number, from 0 on. */
  batch(number: number): readonly Version[] {
    while (this.#batches.length <= number) this.#batches.push(this.#history.next());
    return this.#batches[number]!;
  }

  /** What the tenant holds once so many batches are stored. */
  stateAfter(batches: number) {
    if (batches > 0) this.batch(batches - 1);
    return this.#history.states[batches]!;
  }
}

/** The imports of a batch. */
export function importsOf(tenant: TenantId, batch: number): JobId[] {
  const count = importsAtOnce(tenant);
  return Array.from({ length: count }, (_, i) => (batch * count + i + 1) as JobId);
}

export function activityOf(version: Version) {
  const [activityId, timeMs, raw] = [idOf(version), timeOf(version), recordOf(version)];
  return activity(version.id, { ...actOf(version), activityId, timeMs, raw });
}

/** Where a process is killed: before or after the step of this name that it comes to after so many others of the name. */
export type Death = { readonly step: string; readonly when: 'before' | 'after'; readonly skip: number };

/** What a process does: opens the store, adds batches of every tenant from `from` on and some old ones again. */
export type Task = {
  readonly directory: string;
  readonly seed: number;
  /** How many batches of each tenant are stored. */
  readonly from: readonly number[];
  readonly batches: number;
  readonly death: Death | null;
};
