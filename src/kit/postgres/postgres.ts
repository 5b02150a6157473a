import pg from 'pg';
import { Failure } from '../../domain/failure.ts';

/** A value of a query. */
export type PgValue = string | number | boolean | null | Uint8Array | readonly string[];

/** What runs statements: a pool, or the connection of one transaction. */
export type Querier = {
  /** The rows of one statement; `$1` and so on stand for the values. Throws `database_unreachable`. */
  rows<R>(sql: string, values?: readonly PgValue[]): Promise<R[]>;
};

/** How long a connection may take to be made, and a statement to wait for one of the pool, in ms. */
const connectMs = 5000;
/** Connections of one process. */
const mostConnections = 10;
/** https://www.postgresql.org/docs/current/catalog-pg-type.html: `int8`, which `pg` gives as text by default. */
const int8 = 20;

/** Times and counts are whole numbers below 2^53, so `int8` is a number here. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** How a connection of ours is made: those of the pool and those that listen. */
export function connectionFor(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'trailport',
    types,
  };
}

/** A PostgreSQL database, through a pool of connections. A statement is sent once: whether to repeat it, its caller knows. */
export class Postgres implements Querier, AsyncDisposable {
  readonly url: string;
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.url = url;
    this.#pool = new pg.Pool({ ...connectionFor(url), max: mostConnections });
    // A connection that breaks while nobody uses it leaves the pool by itself; without a listener it ends the process.
    this.#pool.on('error', () => {});
  }

  async rows<R>(sql: string, values: readonly PgValue[] = []): Promise<R[]> {
    try {
      return (await this.#pool.query(sql, values as unknown[])).rows as R[];
    } catch (error) {
      throw orUnreachable(error);
    }
  }

  /**
   * Several statements as one. If it throws, nothing has happened, except when the connection breaks while it commits:
   * then it throws `database_unreachable`, and either may be true.
   */
  async transaction<T>(work: (tx: Querier) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error) => {
      throw orUnreachable(error);
    });
    let broken: Error | undefined;
    // Without a listener, a connection that breaks between two statements ends the process.
    const onError = (error: Error) => {
      broken = error;
    };
    client.on('error', onError);
    try {
      await client.query('BEGIN');
      const rows = async <R>(sql: string, values: readonly PgValue[] = []) =>
        (await client.query(sql, values as unknown[])).rows as R[];
      const value = await work({ rows });
      await client.query('COMMIT');
      return value;
    } catch (error) {
      await client.query('ROLLBACK').catch((failed: Error) => {
        broken ??= failed;
      });
      throw orUnreachable(error);
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}

/**
 * The SQLSTATE classes and codes that say that the server cannot be used now: 08 connection exception, 53 too many
 * connections or no memory, 57P01 to 57P05 it is stopping, has crashed or is starting, 25006 it is a standby, 58 its disk.
 */
const away = /^(?:08...|53[0-9]{3}|57P0[1-5]|25006|58...)$/;
/** What the operating system and `pg` say of connections that cannot be made or that broke. */
const broke =
  /^(?:ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)|Connection terminated|connection timeout|timeout exceeded|not queryable|Client was closed/;

/** A failure of the connection or the server as `database_unreachable`; every other error as it is. */
function orUnreachable(error: unknown): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const { code = '' } = error as { code?: string };
  if (!away.test(code) && !broke.test(code) && !broke.test(error.message)) return error;
  const message =
    'The job database cannot be reached; check the server that TRAILPORT_DATABASE_URL names, then try again.';
  return new Failure('database_unreachable', message, { cause: error, facts: { retryAfterSeconds: 5 } });
}
