import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { TenantId } from '../../src/domain/ids.ts';
import { Store } from '../../src/store/store.ts';
import { TestClickHouse } from '../clickhouse/server.ts';

/** Set before the tests of a file are loaded, it runs them with the tables on a ClickHouse server. */
export const onServer = { wanted: false };

/** One store for all tests of a file, since an engine takes long to start, and a tenant of its own for each test. */
export async function storeForFile(): Promise<{
  readonly store: Store;
  readonly directory: string;
  readonly someTenant: () => TenantId;
}> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  const server = onServer.wanted ? await TestClickHouse.start() : null;
  const store = await Store.open(directory, server === null ? {} : { place: { kind: 'server', url: server.url } });
  let tenants = 0;
  after(async () => {
    await store[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });
  return { store, directory, someTenant: () => `tenant-${++tenants}` as TenantId };
}
