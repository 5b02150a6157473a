import type { TenantId } from '../../domain/ids.ts';

/** Somebody who reads a tenant's rows as they stood at one moment. */
export type Reading = {
  /** The write of the moment; until it is known, nothing of the tenant is removed. */
  reads(write: number): void;
  /** Returns when nothing was removed that the reader could see; throws `too_busy` when this process was taken for dead. */
  confirm(): Promise<void>;
  leave(): void;
};

/** All who read at one time. */
export type ReadersThen = {
  /** Whether they have all left. */
  haveLeft(): Promise<boolean>;
};

/** Who reads the store, and which moments: what they can see is not removed. */
export interface Readers extends AsyncDisposable {
  /** Adds a reader. */
  enter(tenant: TenantId): Reading;
  /** The write of the oldest moment that is read of a tenant; Infinity when none is. Who comes later reads no older one. */
  oldestOf(tenant: TenantId): Promise<number>;
  /** Those who read a tenant now. */
  now(tenant: TenantId): Promise<ReadersThen>;
}
