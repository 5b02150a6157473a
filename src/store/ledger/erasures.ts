import type { JobId, TenantId } from '../../domain/ids.ts';
import type { Stored } from './stored.ts';

/** One user's activities, a whole tenant's, or what is older than the tenant keeps. */
export type ErasureKind = 'user' | 'tenant' | 'expired';

/** What one erasure erases of a tenant, as the store compares it. */
export type Erasing = {
  readonly what: ErasureKind;
  /** Null: every user. */
  readonly userKey: string | null;
  /** A keyed hash of `userKey`: what stays of it. */
  readonly userHash: string | null;
  /** Activities before this time, in milliseconds since 1970; null: all. */
  readonly beforeMs: number | null;
  /** Activities before this time are not stored again when they arrive. */
  readonly arrivesBeforeMs: number;
};

/** A committed erasure. Its activities are invisible from its write on; while it is pending they may be on the disk. */
export type Erasure = Omit<Erasing, 'arrivesBeforeMs'> & {
  readonly write: number;
  readonly tenant: TenantId;
  readonly state: 'pending' | 'done';
  /** How many activities it made invisible. */
  readonly rows: number;
  /** Whether its removal from the tables has not begun, is under way, or has ended. */
  readonly removal: 'none' | 'begun' | 'ended';
};

/** An erasure that is not done yet: it knows its user still by the key. */
export type PendingErasure = Erasure & { readonly state: 'pending' };

/** Activities that are not stored when they arrive: of one user (by hash) or of all (null), before a time. */
export type ForgottenRule = { readonly userHash: string | null; readonly beforeMs: number };

/** For how many days a tenant's activities are kept. */
export type Retention = { readonly tenant: TenantId; readonly days: number; readonly sweptAtMs: number | null };

/** What is erased and for how long activities are kept: a part of the ledger. Every method is one transaction. */
export interface Erasures {
  /** The secret key of `userHash`: two numbers of 64 bits in decimal digits. The same for ever. */
  hashKey(): Promise<readonly [string, string]>;
  /**
   * Commits an open write of kind `erase`: its erasure is visible from then on. Throws, and changes nothing, when the
   * write is not open.
   */
  commit(write: number, job: JobId, erasing: Erasing, rows: number, nowMs: number): Promise<void>;
  /** The erasure of a job, or null when it has not been committed. */
  ofJob(tenant: TenantId, job: JobId): Promise<Erasure | null>;
  /** Those of a tenant, or of all, whose activities may still be in the tables; the oldest first. */
  pending(tenant: TenantId | null): Promise<readonly PendingErasure[]>;
  /** Notes what a removal will take from the tables. What was noted first stays. */
  beginRemoval(write: number, takes: Stored): Promise<void>;
  /** It is gone from the tables, and the ledger's `stored` has that much less. */
  endRemoval(write: number): Promise<void>;
  /** The erasure is done: its user's key is forgotten. */
  conclude(write: number): Promise<void>;
  /** Which activities are not stored when they arrive; of rules that mean the same user only the latest time. */
  rules(tenant: TenantId): Promise<readonly ForgottenRule[]>;
  /** Whether an erasure of a user or of the whole tenant was committed at that time or later. */
  erasedSince(tenant: TenantId, ms: number): Promise<boolean>;
  /** Null: for ever. */
  retentionOf(tenant: TenantId): Promise<number | null>;
  setRetention(tenant: TenantId, days: number | null): Promise<void>;
  /** Of every tenant that does not keep its activities for ever. */
  retentions(): Promise<readonly Retention[]>;
  /** Notes that a tenant was looked at for what is older than it keeps. */
  noteSwept(tenant: TenantId, nowMs: number): Promise<void>;
}
