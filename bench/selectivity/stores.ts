import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TenantId } from '../../src/domain/ids.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { Program } from '../../test/story/program.ts';
import { makeStore } from '../store/make.ts';

/** A user or an object, and how many activities it has. */
export type Slice = { readonly name: string; readonly rows: number };

/** What is known of a store before it is measured. */
export type KnownStore = {
  readonly slices: {
    /** Of about 10,000 activities. */
    readonly user: Slice;
    readonly site: Slice;
    /** Of about 10 activities. */
    readonly quietUser: Slice;
    /** With the most activities. */
    readonly topUser: Slice;
    readonly topSite: Slice;
  };
  /** Bytes on disk of each table, and of the original records among them. */
  readonly bytes: { readonly tables: Readonly<Record<string, number>>; readonly originals: number };
};

/** The file that is written last: a directory with it holds a whole store. */
const knownFile = 'bench.json';

/** The data directory of a store of so many activities; it is made unless it is there. */
export async function storeOf(directory: string, rows: number, say: (what: string) => void): Promise<string> {
  const data = join(directory, `${rows / 1e6}-million`);
  if (existsSync(join(data, knownFile))) return data;
  rmSync(data, { recursive: true, force: true });
  const program = await Program.start({ data });
  const tenant = program.credentials.tenant as TenantId;
  await program.stop();
  const store = join(data, 'store');
  const progress = (done: number) => say(`${rows / 1e6} million: ${done / 1e6} million made`);
  await makeStore(store, [{ tenant, rows, raw: 'whole', crowd: 'large tenant' }], { merge: false, progress });
  writeFileSync(join(data, knownFile), JSON.stringify(await examined(store)));
  return data;
}

export function knownOf(data: string): KnownStore {
  return JSON.parse(readFileSync(join(data, knownFile), 'utf8')) as KnownStore;
}

/** Looks for users and sites of the sizes that are measured. The generator makes the same ones every time. */
async function examined(store: string): Promise<KnownStore> {
  await using engine = new ChdbEngine(join(store, 'engine'));
  const sliceOf = async (column: 'user' | 'site', order: string): Promise<Slice> => {
    const table = column === 'user' ? 'by_user' : 'by_object';
    const [row] = await engine.rows<[string, string | number]>(
      `SELECT ${column}, count() AS rows FROM trailport.${table} GROUP BY ${column} ORDER BY ${order}, ${column} LIMIT 1`,
    );
    return { name: row![0], rows: Number(row![1]) };
  };
  const near = (rows: number) => `abs(toInt64(rows) - ${rows})`;
  const slices = {
    user: await sliceOf('user', near(10_000)),
    site: await sliceOf('site', near(10_000)),
    quietUser: await sliceOf('user', near(10)),
    topUser: await sliceOf('user', 'rows DESC'),
    topSite: await sliceOf('site', 'rows DESC'),
  };
  const tables = await engine.rows<[string, string | number]>(
    "SELECT table, sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'trailport' GROUP BY table",
  );
  const [originals] = await engine.rows<[string | number]>(
    `SELECT sum(column_bytes_on_disk) FROM system.parts_columns
     WHERE active AND database = 'trailport' AND table = 'activity' AND column = 'raw'`,
  );
  return {
    slices,
    bytes: {
      tables: Object.fromEntries(tables.map(([table, bytes]) => [table, Number(bytes)])),
      originals: Number(originals?.[0]),
    },
  };
}
