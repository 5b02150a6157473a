import { Failure } from '../../domain/failure.ts';
import { literal } from '../literal.ts';
import { ClickHouseEngine, type ClickHouseOptions } from './clickhouse/clickhouse.ts';
import type { Engine } from './engine.ts';

/**
 * Opens the engine on a server for the store whose list of writes has this name. Throws `activities_unreachable`, and
 * `cannot_start` when the tables there belong to another list.
 */
export async function openServer(options: ClickHouseOptions, id: string): Promise<Engine> {
  const engine = ClickHouseEngine.open(options);
  try {
    await claimServer(engine, id);
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Notes on a server which list of writes its tables belong to: that list says what they hold. */
async function claimServer(engine: Engine, id: string): Promise<void> {
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  // Of several that start at once, the server makes one table.
  await engine.run(`CREATE TABLE IF NOT EXISTS trailport.owner (nothing UInt8) ENGINE = Null COMMENT ${literal(id)}`);
  const [row] = await engine.rows<[string]>(
    "SELECT comment FROM system.tables WHERE database = 'trailport' AND name = 'owner'",
  );
  if (row?.[0] === id) return;
  const message =
    'The database trailport on the server that TRAILPORT_CLICKHOUSE_URL names belongs to another installation of Trailport; start that one, or name another server.';
  throw new Failure('cannot_start', message);
}
