import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { makePrivateDirectory, writePrivateFile } from '../../kit/files.ts';
import { literal } from '../literal.ts';
import { ChdbEngine } from './chdb/chdb.ts';
import { ClickHouseEngine } from './clickhouse/clickhouse.ts';
import type { Engine } from './engine.ts';

/** Where the tables are: in files of the store's directory, or on a ClickHouse server, by its address with its password. */
export type EnginePlace = { readonly kind: 'embedded' } | { readonly kind: 'server'; readonly url: string };

/** The engine's own directory in that of an embedded store, and the name of a store whose tables are on a server. */
const embeddedName = 'engine';
const identityName = 'identity';

/**
 * Opens the engine of a store. Throws `store_unreachable`, `store_damaged`, `activities_unreachable`, and `cannot_start`
 * when the store's tables are not where `place` says, or those of the server belong to another store.
 */
export async function openEngine(place: EnginePlace, directory: string): Promise<Engine> {
  if (place.kind === 'embedded') {
    if (!existsSync(join(directory, identityName))) return new ChdbEngine(join(directory, embeddedName));
    const message = `The activities of ${directory} are on a ClickHouse server; name it in TRAILPORT_CLICKHOUSE_URL.`;
    throw new Failure('cannot_start', message);
  }
  if (existsSync(join(directory, embeddedName))) {
    const message = `The activities of ${directory} are in its own files, so TRAILPORT_CLICKHOUSE_URL cannot be used with it; leave it out, or start with a new data directory.`;
    throw new Failure('cannot_start', message);
  }
  const engine = ClickHouseEngine.open({
    url: place.url,
    scratch: await makePrivateDirectory(join(directory, 'scratch')),
  });
  try {
    await claimServer(engine, join(directory, identityName));
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Notes on a server which store its tables belong to: the list of writes of that store says what they hold. `file` has the
 * store's name, and is made where it is not there.
 */
async function claimServer(engine: Engine, file: string): Promise<void> {
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  if (!existsSync(file)) await writePrivateFile(file, `${randomUUID()}\n`);
  const id = readFileSync(file, 'utf8').trim();
  // Of several that start at once, the server makes one table.
  await engine.run(`CREATE TABLE IF NOT EXISTS trailport.owner (nothing UInt8) ENGINE = Null COMMENT ${literal(id)}`);
  const [row] = await engine.rows<[string]>(
    "SELECT comment FROM system.tables WHERE database = 'trailport' AND name = 'owner'",
  );
  if (row?.[0] === id) return;
  const message =
    'The database trailport on the server that TRAILPORT_CLICKHOUSE_URL names belongs to another data directory; start that one, or name another server.';
  throw new Failure('cannot_start', message);
}
