import { join } from 'node:path';
import type { Erasures } from '../ledger/erasures.ts';
import { SqliteLedger } from '../ledger/sqlite/ledger.ts';

/** A hundred years: older activities are not believed anyway. */
export const mostRetentionDays = 36_500;

/** For how many days the activities of tenants are kept; null: for ever. */
export type RetentionSetting = AsyncDisposable & Pick<Erasures, 'retentionOf' | 'setRetention'>;

/** Opens the setting in the directory of a store, which a service may use at the same time. */
export function openRetention(directory: string, busyTimeoutMs: number): RetentionSetting {
  const ledger = new SqliteLedger(join(directory, 'ledger.db'), busyTimeoutMs);
  return {
    retentionOf: (tenant) => ledger.erasures.retentionOf(tenant),
    setRetention: (tenant, days) => ledger.erasures.setRetention(tenant, days),
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  };
}
