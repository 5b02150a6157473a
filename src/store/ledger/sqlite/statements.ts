/** The ledger's tables in SQLite, step by step. */
export const ledgerSchema = [
  `CREATE TABLE write (
     -- AUTOINCREMENT: a number is never given twice, also when its row is gone.
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL CHECK (kind IN ('add', 'erase')),
     import_id INTEGER,
     state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'committed', 'aborted')),
     added INTEGER NOT NULL DEFAULT 0,
     replaced INTEGER NOT NULL DEFAULT 0
   ) STRICT`,
  "CREATE UNIQUE INDEX write_open ON write (tenant) WHERE state = 'open'",
  // What the committed writes of a tenant add up to, less what was removed.
  `CREATE TABLE tenant (
     name TEXT PRIMARY KEY,
     last_write INTEGER NOT NULL,
     versions INTEGER NOT NULL,
     superseded INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE import (
     tenant TEXT NOT NULL, id INTEGER NOT NULL, added INTEGER NOT NULL, PRIMARY KEY (tenant, id)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE removal (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     tenant TEXT NOT NULL,
     up_to INTEGER NOT NULL,
     versions INTEGER NOT NULL,
     superseded INTEGER NOT NULL
   ) STRICT`,
  'CREATE TABLE rules (version INTEGER NOT NULL) STRICT',
  'CREATE TABLE step (work TEXT NOT NULL, step TEXT NOT NULL, PRIMARY KEY (work, step)) STRICT, WITHOUT ROWID',
  'ALTER TABLE write ADD COLUMN holder TEXT',
  'ALTER TABLE write ADD COLUMN session TEXT',
];

export const statements = {
  lastNumber: "SELECT seq FROM sqlite_sequence WHERE name = 'write'",
  begin: `INSERT INTO write (tenant, kind, import_id, holder, session) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (tenant) WHERE state = 'open' DO NOTHING`,
  commit: `UPDATE write SET state = 'committed', added = ?, replaced = ? WHERE number = ? AND state = 'open'
    RETURNING tenant, import_id`,
  count: `INSERT INTO tenant (name, last_write, versions, superseded) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE
    SET last_write = max(last_write, excluded.last_write), versions = versions + excluded.versions,
      superseded = superseded + excluded.superseded`,
  countImport: `INSERT INTO import (tenant, id, added) VALUES (?, ?, ?)
    ON CONFLICT (tenant, id) DO UPDATE SET added = added + excluded.added`,
  abort: "UPDATE write SET state = 'aborted' WHERE number = ? AND state = 'open'",
  openWrites: `SELECT number, tenant, kind, import_id, holder, session FROM write
    WHERE state = 'open' AND ($tenant IS NULL OR tenant = $tenant) ORDER BY number`,
  moment: 'SELECT last_write, superseded FROM tenant WHERE name = ?',
  addedBy: 'SELECT added FROM import WHERE tenant = ? AND id = ?',
  stored: 'SELECT coalesce(sum(versions), 0) AS versions, coalesce(sum(superseded), 0) AS superseded FROM tenant',
  beginRemoval: 'INSERT INTO removal (tenant, up_to, versions, superseded) VALUES (?, ?, ?, ?)',
  endRemoval: 'DELETE FROM removal WHERE number = ? RETURNING tenant, versions, superseded',
  discount: 'UPDATE tenant SET versions = versions - ?, superseded = superseded - ? WHERE name = ?',
  skipTo: `INSERT INTO write (number, tenant, kind, state) VALUES (?, '', 'add', 'aborted')
    ON CONFLICT (number) DO NOTHING`,
  clearTenants: 'DELETE FROM tenant',
  clearImports: 'DELETE FROM import',
  rules: 'SELECT version FROM rules',
  clearRules: 'DELETE FROM rules',
  setRules: 'INSERT INTO rules (version) VALUES (?)',
  steps: 'SELECT step FROM step WHERE work = ?',
  endStep: 'INSERT INTO step (work, step) VALUES (?, ?) ON CONFLICT DO NOTHING',
  forgetSteps: 'DELETE FROM step WHERE work = ?',
  openRemovals: `SELECT number, tenant, up_to, versions, superseded FROM removal
    WHERE $tenant IS NULL OR tenant = $tenant ORDER BY number`,
} as const;
