import type { JobId, TenantId } from '../../domain/ids.ts';
import type { Moment } from '../moment.ts';
import type { Erasures } from './erasures.ts';
import type { Stored } from './stored.ts';

export type { Stored } from './stored.ts';

/** What a write does to a tenant's activities. */
export const writeKinds = ['add', 'erase'] as const;
export type WriteKind = (typeof writeKinds)[number];

export type WriteAsk = {
  readonly tenant: TenantId;
  readonly kind: WriteKind;
  readonly importId: JobId | null;
  /** The process that writes; null where there is one. */
  readonly holder: string | null;
  /** The session of a server that its statements run in: ended, none of them changes anything any more. */
  readonly session: string | null;
};

/** A write that has begun: nothing of it is visible before it is committed. */
export type OpenWrite = WriteAsk & { readonly write: number };

/** What a write did: the versions it added, and how many of them replaced an earlier one. */
export type Written = { readonly added: number; readonly replaced: number };

/**
 * Versions that are being removed from the tables for good. `stored` is how many there were before the first of them was
 * removed, so that the ledger knows what must be left, however often the removal was interrupted.
 */
export type Removal = {
  readonly number: number;
  readonly tenant: TenantId;
  /** Replaced versions up to this write are removed. */
  readonly upTo: number;
  readonly stored: Stored;
};

/** What an older schema said. */
export type Adopted = {
  /** The last write of any tenant: later ones have greater numbers. */
  readonly lastWrite: number;
  readonly tenants: readonly (Stored & { readonly tenant: TenantId })[];
  readonly imports: readonly { readonly tenant: TenantId; readonly importId: JobId; readonly added: number }[];
};

/**
 * The truth about writes: which are committed, what a tenant's moment is, what the tables must hold. Every method is one
 * transaction, durable when it returns.
 */
export interface Ledger extends AsyncDisposable {
  /** What is erased, and for how long activities are kept. */
  readonly erasures: Erasures;
  /** The greatest number that a write was given so far; 0 before the first. */
  lastNumber(): Promise<number>;
  /**
   * Begins a write. Its number is greater than every number given before, to any tenant. Null when the tenant has an open
   * write: that one must be committed or aborted first. Until then nobody else writes for the tenant.
   */
  begin(ask: WriteAsk): Promise<OpenWrite | null>;
  /** Makes an open write visible. Throws, and changes nothing, when the write is not open. */
  commit(write: number, written: Written): Promise<void>;
  /** Ends an open write whose rows have been removed. A write that is not open is left as it is. */
  abort(write: number): Promise<void>;
  /** The writes that have begun and not ended, of one tenant or of all. */
  openWrites(tenant: TenantId | null): Promise<readonly OpenWrite[]>;
  /** What the tenant's store held after its last committed write. */
  moment(tenant: TenantId): Promise<Moment>;
  /** How many identities the committed writes of an import added which the tenant did not have. */
  addedBy(tenant: TenantId, importId: JobId): Promise<number>;
  /** What the committed writes left in the tables, less what was removed. */
  stored(): Promise<Stored>;
  beginRemoval(removal: Omit<Removal, 'number'>): Promise<Removal>;
  endRemoval(number: number): Promise<void>;
  /** Removals that have begun and not ended, of one tenant or of all. */
  openRemovals(tenant: TenantId | null): Promise<readonly Removal[]>;
  /** Takes over what the tables of an older schema said. What the ledger held of tenants and imports is replaced. */
  adopt(adopted: Adopted): Promise<void>;
  /** The version of the rules that every row was stored under; null for a ledger that is new. */
  rules(): Promise<number | null>;
  setRules(version: number): Promise<void>;
  /** The finished steps of a long piece of work, so that it goes on where it was cut off. */
  stepsOf(work: string): Promise<readonly string[]>;
  endStep(work: string, step: string): Promise<void>;
  /** Forgets the steps of a piece of work that has ended. */
  forgetSteps(work: string): Promise<void>;
}
