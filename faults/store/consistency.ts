import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { literal } from '../../src/store/literal.ts';

/** A sentence about rows that must not be there, and the query that finds them. */
type Rule = readonly [sentence: string, sql: string];

/** Columns of every table that holds one row for each version, but `raw`. */
const columns = `tenant, source, time, activity_id, user, user_type, activity, service, item_type, item, object, site, result,
  client_ip, user_agent, record_type, user_key, object_key, care, rules, rank, import_id, version`;
const versionTables = ['activity', 'by_user', 'by_object', 'identity'] as const;
const hour = 'toInt32(floor(toUnixTimestamp64Milli(time) / 3600000))';
const writeOf = 'intDiv(version, 1048576)';

/**
 * What is inconsistent in a store that nobody has open, one sentence each: the tables of the engine and the ledger say
 * the same about every write, version, identity and hour. SQL of its own, so that a fault of the store's code is found.
 */
export async function inconsistenciesOf(directory: string): Promise<string[]> {
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const ledger = new DatabaseSync(join(directory, 'ledger.db'), { readOnly: true });
  let erasures: readonly Erasure[];
  try {
    await copyLedger(engine, ledger);
    erasures = erasuresIn(ledger);
  } finally {
    ledger.close();
  }
  const found: string[] = [];
  for (const [sentence, sql] of rules(erasures)) {
    const rows = await engine.rows<unknown[]>(`SELECT * FROM (${sql}) LIMIT 3`);
    if (rows.length > 0) found.push(`${sentence}: ${rows.map((row) => JSON.stringify(row)).join(' ')}`);
  }
  return found;
}

/** The versions of an erasure, as a condition, and whether they are gone from the tables. */
type Erasure = {
  readonly versions: string;
  readonly isRemoved: boolean;
  /** Writes whose counts the erasure of a whole tenant removes, as a condition over ledger_write. */
  readonly uncounted: string | null;
};

function erasuresIn(ledger: DatabaseSync): Erasure[] {
  const key = ledger
    .prepare('SELECT value FROM hash_key ORDER BY half')
    .all()
    .map(({ value }) => `toUInt64(${value})`);
  const rows = ledger
    .prepare("SELECT write, tenant, user_hash, before, what, state = 'done' OR removed AS gone FROM forgotten")
    .all();
  return rows.map(({ write, tenant, what, user_hash, before, gone }) => {
    const terms = [`tenant = ${literal(String(tenant))}`, `version < ${Number(write) * 2 ** 20}`];
    if (user_hash !== null) terms.push(`hex(sipHash128Keyed((${key.join(', ')}), user_key)) = '${user_hash}'`);
    if (before !== null) terms.push(`time < fromUnixTimestamp64Milli(${before}, 'UTC')`);
    const uncounted = what === 'tenant' ? `(tenant = ${literal(String(tenant))} AND number <= ${write})` : null;
    return { versions: `(${terms.join(' AND ')})`, isRemoved: gone === 1, uncounted };
  });
}

/** The ledger's tables as temporary tables of the engine, so that one query can compare both. */
async function copyLedger(engine: ChdbEngine, ledger: DatabaseSync): Promise<void> {
  const tables = {
    ledger_write:
      'number UInt64, tenant String, kind String, import_id Nullable(UInt64), state String, added Int64, replaced Int64',
    ledger_tenant: 'name String, last_write UInt64, versions Int64, superseded Int64',
    ledger_import: 'tenant String, id UInt64, added Int64',
  };
  for (const [table, types] of Object.entries(tables)) {
    await engine.run(`CREATE TEMPORARY TABLE ${table} (${types}) ENGINE = Memory`);
    const names = types.split(', ').map((type) => type.split(' ')[0]);
    const rows = ledger.prepare(`SELECT ${names.join(', ')} FROM ${table.slice('ledger_'.length)}`).all();
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    await engine.run(`INSERT INTO ${table} SELECT * FROM format(JSONEachRow, ${literal(types)}, ${literal(lines)})`);
  }
}

/** Writes of schema 2 that were taken over: the ledger has their last number only. */
const adopted = "(SELECT max(number) FROM ledger_write WHERE tenant = '')";
const committed = "SELECT tenant, number FROM ledger_write WHERE state = 'committed'";

function rules(erasures: readonly Erasure[]): Rule[] {
  const pending = erasures.filter(({ isRemoved }) => !isRemoved).map(({ versions }) => ` AND NOT ${versions}`);
  const uncounted = erasures.flatMap(({ uncounted: writes }) => (writes === null ? [] : [` AND NOT ${writes}`]));
  const stands = `(tenant, version) NOT IN (SELECT tenant, version FROM trailport.superseded)${pending.join('')}`;
  return [
    ...erasures
      .filter(({ isRemoved }) => isRemoved)
      .flatMap(({ versions }) =>
        (['activity', 'by_user', 'by_object'] as const).map(
          (table): Rule => [
            `${table} has activities that were erased`,
            `SELECT tenant, version FROM trailport.${table} WHERE ${versions}`,
          ],
        ),
      ),
    ...generalRules,
    [
      'An identity stands more than once',
      `SELECT tenant, source, activity_id, count() AS rows FROM trailport.activity WHERE ${stands}
     GROUP BY tenant, source, activity_id HAVING rows > 1`,
    ],
    [
      'A version stands although a later one has no smaller rank',
      `SELECT tenant, source, activity_id, maxIf(rank, ${stands}) AS standing, max(rank) AS best, countIf(${stands}) AS standings
     FROM trailport.activity WHERE 1${pending.join('')} GROUP BY tenant, source, activity_id HAVING standings = 1 AND standing < best`,
    ],
    [
      'tally and the rows that stand differ in an hour',
      differing(
        `SELECT toString(tenant) AS tenant, source, ${hour} AS hour, toInt64(count()) AS rows FROM trailport.activity
       WHERE ${stands} GROUP BY tenant, source, hour`,
        'SELECT toString(tenant) AS tenant, source, hour, sum(rows) AS rows FROM trailport.tally GROUP BY tenant, source, hour HAVING rows != 0',
        'tenant, source, hour, rows',
      ),
    ],
    [
      'tally and the ledger differ about a write',
      `SELECT number, added - replaced AS counted, changed FROM ledger_write
     LEFT JOIN (SELECT by_write, sum(rows) AS changed FROM trailport.tally GROUP BY by_write) AS told ON by_write = number
     WHERE state = 'committed' AND kind = 'add' AND changed != counted${uncounted.join('')}`,
    ],
  ];
}

const generalRules: readonly Rule[] = [
  ['A write is still open', "SELECT number, tenant FROM ledger_write WHERE state = 'open'"],
  [
    'A table of a single write is left',
    "SELECT name FROM system.tables WHERE database = 'trailport' AND name NOT IN ('activity', 'by_user', 'by_object', 'identity', 'superseded', 'tally')",
  ],
  ...versionTables.flatMap((table): Rule[] => [
    [
      `${table} has rows of a write that is not committed`,
      `SELECT tenant, ${writeOf} AS write, count() FROM trailport.${table}
       WHERE write > ${adopted} AND (tenant, write) NOT IN (${committed}) GROUP BY tenant, write`,
    ],
    [
      `${table} has a version twice`,
      `SELECT tenant, version, count() AS rows FROM trailport.${table} GROUP BY tenant, version HAVING rows > 1`,
    ],
  ]),
  ...(['superseded', 'tally'] as const).map(
    (table): Rule => [
      `${table} has rows of a write that is not committed`,
      `SELECT tenant, by_write, count() FROM trailport.${table}
     WHERE by_write > ${adopted} AND (tenant, by_write) NOT IN (${committed}) GROUP BY tenant, by_write`,
    ],
  ),
  ...(['by_user', 'by_object'] as const).map(
    (table): Rule => [
      `${table} and activity do not hold the same rows`,
      differing(`SELECT ${columns} FROM trailport.activity`, `SELECT ${columns} FROM trailport.${table}`, columns),
    ],
  ),
  [
    'identity and activity do not hold the same versions',
    differing(
      `SELECT tenant, source, sipHash64(activity_id) AS hash, sipHash64Keyed((toUInt64(1), toUInt64(2)), activity_id) AS c,
         version, rank, ${hour} AS hour FROM trailport.activity`,
      'SELECT tenant, source, hash, `check` AS c, version, rank, hour FROM trailport.identity',
      'tenant, source, hash, c, version, rank, hour',
    ),
  ],
  [
    'A version is superseded twice',
    'SELECT tenant, version, groupArray(by_write) AS writes FROM trailport.superseded GROUP BY tenant, version HAVING length(writes) > 1',
  ],
  [
    'A version is superseded by a write that is not later',
    `SELECT tenant, version, by_write FROM trailport.superseded WHERE ${writeOf} >= by_write`,
  ],
  [
    'superseded names a version that is not there',
    'SELECT tenant, version FROM trailport.superseded WHERE (tenant, version) NOT IN (SELECT tenant, version FROM trailport.activity)',
  ],
  [
    'The ledger counts more or fewer versions of a tenant than there are',
    differing(
      'SELECT toString(tenant) AS name, toInt64(count()) AS rows FROM trailport.activity GROUP BY name',
      'SELECT name, versions AS rows FROM ledger_tenant WHERE versions != 0',
      'name, rows',
    ),
  ],
  [
    'The ledger counts more or fewer superseded versions of a tenant than there are',
    differing(
      'SELECT toString(tenant) AS name, toInt64(count()) AS rows FROM trailport.superseded GROUP BY name',
      'SELECT name, superseded AS rows FROM ledger_tenant WHERE superseded != 0',
      'name, rows',
    ),
  ],
  [
    'The ledger counts more or fewer activities of an import than its writes added',
    differing(
      `SELECT tenant, import_id AS id, sum(added - replaced) AS rows FROM ledger_write
       WHERE state = 'committed' AND import_id > 0 GROUP BY tenant, id`,
      `SELECT tenant, id, added AS rows FROM ledger_import
       WHERE tenant NOT IN (SELECT name FROM ledger_tenant WHERE ${adopted} > 0)`,
      'tenant, id, rows',
    ),
  ],
  [
    "A tenant's last write is not its last committed one",
    `SELECT name, last_write, last FROM ledger_tenant INNER JOIN (
       SELECT tenant AS name, max(number) AS last FROM ledger_write WHERE state = 'committed' GROUP BY tenant) AS done USING (name)
     WHERE last_write != last`,
  ],
];

/** The rows that one of two queries has and the other has not, or another number of times. */
function differing(a: string, b: string, names: string): string {
  return `SELECT ${names}, sum(side) AS surplus FROM (SELECT *, 1 AS side FROM (${a}) UNION ALL SELECT *, -1 AS side FROM (${b}))
    GROUP BY ${names} HAVING surplus != 0`;
}
