import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../domain/failure.ts';
import { makePrivateDirectory, writePrivateFile } from '../kit/files.ts';
import { removeFrozen } from './backup/freeze.ts';
import { ChdbEngine } from './engine/chdb/chdb.ts';
import type { Engine } from './engine/engine.ts';
import type { Ledger } from './ledger/ledger.ts';
import { PostgresLedger } from './ledger/postgres/ledger.ts';
import { Processes } from './ledger/postgres/processes.ts';
import type { StorePlace } from './place.ts';
import { OwnReaders } from './readers/own.ts';
import type { Readers } from './readers/readers.ts';
import { SharedReaders } from './readers/shared.ts';
import type { OpeningProgress } from './schema/fill.ts';
import { openLedger, openServerTables, openTables } from './schema/open.ts';
import { TenantTurns } from './write/tenant-turns.ts';

export type StoreOptions = {
  /** In files of the store's directory, where nothing else is said. */
  readonly place?: StorePlace;
  readonly progress?: OpeningProgress;
  /** So many replaced versions are kept before they are removed. */
  readonly removeAfter?: number;
};

/** What a store is made of. */
export type StoreParts = {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly readers: Readers;
  readonly turns: TenantTurns;
};

/** The engine's own directory in that of an embedded store, and the name of a store whose tables are on a server. */
const embeddedName = 'engine';
const identityName = 'identity';

/**
 * Opens the engine and the list of writes of a store. Throws `store_unreachable`, `store_damaged`,
 * `activities_unreachable`, and `cannot_start` when the tables are elsewhere.
 */
export async function openPlace(
  directory: string,
  place: StorePlace,
): Promise<AsyncDisposable & { readonly engine: Engine; readonly ledger: Ledger }> {
  await using stack = new AsyncDisposableStack();
  if (place.kind === 'embedded') {
    refuseServerStore(directory);
    const engine = stack.use(new ChdbEngine(join(directory, embeddedName)));
    const ledger = stack.use(openLedger(directory));
    return whole({ engine, ledger }, stack);
  }
  refuseEmbeddedStore(directory);
  const ledger = stack.use(place.kind === 'shared' ? await PostgresLedger.open(place.postgres) : openLedger(directory));
  const id = ledger instanceof PostgresLedger ? await ledger.identity() : await identityOf(directory);
  // A directory of its own for each process: an engine that writes texts has it open.
  const name = place.kind === 'shared' ? join('scratch', place.process.replaceAll('/', '-')) : 'scratch';
  const scratch = await makePrivateDirectory(join(directory, name));
  // Loaded where it is used: an embedded store has no use for the client.
  const { openServer } = await import('./engine/server.ts');
  const engine = stack.use(await openServer({ url: place.url, scratch }, id));
  return whole({ engine, ledger }, stack);
}

/** Opens all parts of a store and brings its tables up to date. */
export async function openParts(
  directory: string,
  place: StorePlace,
  progress: OpeningProgress,
): Promise<AsyncDisposable & StoreParts> {
  await using stack = new AsyncDisposableStack();
  const { engine, ledger } = stack.use(await openPlace(directory, place));
  if (place.kind === 'embedded') {
    await removeFrozen(directory);
    await openTables(engine, ledger, directory, progress);
  } else await openServerTables(engine, ledger, place.kind === 'server', progress);
  if (place.kind !== 'shared') {
    return whole({ engine, ledger, readers: new OwnReaders(), turns: new TenantTurns(engine, ledger, null) }, stack);
  }
  const { postgres, process: name, leaseMs } = place;
  const tidy: { work: () => Promise<void> } = { work: async () => undefined };
  const processes = await Processes.open(postgres);
  const readers = stack.use(await SharedReaders.open({ processes, name, leaseMs, onBeat: () => tidy.work() }));
  const turns = new TenantTurns(engine, ledger, { name, isGone: (other) => readers.isGone(other) });
  tidy.work = () => turns.endOwnLeft();
  return whole({ engine, ledger, readers, turns }, stack);
}

function whole<T extends object>(parts: T, stack: AsyncDisposableStack): T & AsyncDisposable {
  const opened = stack.move();
  return { ...parts, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function refuseServerStore(directory: string): void {
  if (!existsSync(join(directory, identityName))) return;
  const message = `The activities of ${directory} are on a ClickHouse server; name it in TRAILPORT_CLICKHOUSE_URL.`;
  throw new Failure('cannot_start', message);
}

function refuseEmbeddedStore(directory: string): void {
  if (!existsSync(join(directory, embeddedName))) return;
  const message = `The activities of ${directory} are in its own files, so TRAILPORT_CLICKHOUSE_URL cannot be used with it; leave it out, or start with a new data directory.`;
  throw new Failure('cannot_start', message);
}

/** The name of a list of writes that is in the directory; made where it is not there. */
async function identityOf(directory: string): Promise<string> {
  const file = join(directory, identityName);
  if (!existsSync(file)) await writePrivateFile(file, `${randomUUID()}\n`);
  return readFileSync(file, 'utf8').trim();
}
