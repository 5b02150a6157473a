import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { placesIn } from '../config.ts';
import type { LookupHandlers } from '../domain/lookup.ts';
import type { HttpParts } from '../http/parts.ts';
import type { Database } from '../kit/database.ts';
import { placeFor, Store } from '../store/store.ts';
import { LocalLookups } from '../worker/local-lookups.ts';

/** What the store answers while somebody waits. `store` may still have to be opened. */
export function lookupsIn(store: () => Promise<Store>): LookupHandlers {
  return {
    count: async ({ selection }, mostMs, signal) => (await store()).count(selection, mostMs, signal),
    page: async ({ selection, ask }, mostMs, signal) => (await store()).page(selection, ask, mostMs, signal),
    summary: async ({ selection, ask }, mostMs, signal) => (await store()).summary(selection, ask, mostMs, signal),
    overview: async ({ tenant }, mostMs, signal) => (await store()).overview(tenant, mostMs, signal),
  };
}

/** Reads a store that several processes share, for a process without a worker. It is opened by the first lookup. */
export function openReader(
  config: Config,
  database: Database,
): AsyncDisposable & { readonly lookUp: HttpParts['lookUp'] } {
  let opening: Promise<Store> | null = null;
  const open = () => {
    const place = placeFor(config.clickhouseUrl, database, `http-${randomUUID()}`, config.limits.leaseMs);
    opening ??= Store.open(placesIn(config.data).store, { place });
    // What could not be opened is opened by the next lookup.
    opening.catch(() => {
      opening = null;
    });
    return opening;
  };
  const lookups = new LocalLookups(lookupsIn(open), config.limits);
  return {
    lookUp: (...lookup) => lookups.ask(...lookup),
    [Symbol.asyncDispose]: async () => {
      const store = await opening?.catch(() => null);
      await store?.[Symbol.asyncDispose]();
    },
  };
}
