/** The job database, step by step. One row a job; times in milliseconds since 1970. */
export const jobSchema = [
  `CREATE TABLE job (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     tenant TEXT NOT NULL,
     app TEXT NOT NULL,
     type TEXT NOT NULL CHECK (type IN ('export', 'import')),
     request TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'failed', 'cancelled', 'expired')),
     -- Who asked for what, hashed: the same export started twice is one job while it waits or runs.
     same TEXT,
     idempotency_key TEXT,
     created_at INTEGER NOT NULL,
     started_at INTEGER,
     ended_at INTEGER,
     expires_at INTEGER,
     -- How often it was taken up, and the number every write about it must name: a stale one changes nothing.
     attempt INTEGER NOT NULL DEFAULT 0,
     fence INTEGER NOT NULL DEFAULT 0,
     -- The lease: its holder, and a count of heartbeats. An observer ends it when the count stands still for too long by
     -- its own monotonic clock.
     holder TEXT,
     beat INTEGER NOT NULL DEFAULT 0,
     rows INTEGER NOT NULL DEFAULT 0,
     rows_total INTEGER,
     percent INTEGER,
     outcome TEXT,
     failure TEXT
   ) STRICT`,
  "CREATE INDEX job_waiting ON job (type, tenant, id) WHERE state = 'waiting'",
  "CREATE INDEX job_running ON job (type, tenant) WHERE state = 'running'",
  "CREATE INDEX job_same ON job (app, same) WHERE state IN ('waiting', 'running')",
  'CREATE UNIQUE INDEX job_idempotency ON job (app, idempotency_key) WHERE idempotency_key IS NOT NULL',
  'CREATE INDEX job_tenant ON job (tenant, id)',
  "CREATE INDEX job_expiry ON job (expires_at) WHERE state = 'finished' AND expires_at IS NOT NULL",
  // Numbers on the wire count for each tenant by itself. Jobs that are there keep theirs, so their links stay good.
  'ALTER TABLE job ADD COLUMN number INTEGER NOT NULL DEFAULT 0',
  'UPDATE job SET number = id',
  'DROP INDEX job_tenant',
  'CREATE UNIQUE INDEX job_number ON job (tenant, number)',
  // Not the highest number of a row: rows are removed, and a number must not come back.
  'CREATE TABLE job_counter (tenant TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  'INSERT INTO job_counter SELECT tenant, max(number) FROM job GROUP BY tenant',
  // Fair turns: when each app was last served, in the order of claims, and indexes that lead from queue to queue.
  `CREATE TABLE turn (
     type TEXT, tenant TEXT, app TEXT, served INTEGER NOT NULL, PRIMARY KEY (type, tenant, app)
   ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX turn_served ON turn (served)',
  "CREATE INDEX job_ready ON job (type, tenant, app, id) WHERE state = 'waiting' AND attempt < 2",
  "CREATE INDEX job_suspect ON job (type, tenant, app, id) WHERE state = 'waiting' AND attempt >= 2",
  'DROP INDEX job_running',
  "CREATE INDEX job_running ON job (type, tenant, app) WHERE state = 'running'",
  "CREATE INDEX job_ended ON job (ended_at) WHERE state IN ('finished', 'failed', 'cancelled', 'expired')",
  // The types of jobs are listed in the domain and no longer here too, so a new one needs no new table.
  `CREATE TABLE job_next (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     tenant TEXT NOT NULL,
     app TEXT NOT NULL,
     type TEXT NOT NULL,
     request TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'failed', 'cancelled', 'expired')),
     same TEXT,
     idempotency_key TEXT,
     created_at INTEGER NOT NULL,
     started_at INTEGER,
     ended_at INTEGER,
     expires_at INTEGER,
     attempt INTEGER NOT NULL DEFAULT 0,
     fence INTEGER NOT NULL DEFAULT 0,
     holder TEXT,
     beat INTEGER NOT NULL DEFAULT 0,
     rows INTEGER NOT NULL DEFAULT 0,
     rows_total INTEGER,
     percent INTEGER,
     outcome TEXT,
     failure TEXT,
     number INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   INSERT INTO job_next SELECT * FROM job;
   -- A key is never given twice, also when the last jobs were removed.
   DELETE FROM sqlite_sequence WHERE name = 'job_next';
   INSERT INTO sqlite_sequence SELECT 'job_next', seq FROM sqlite_sequence WHERE name = 'job';
   DROP TABLE job;
   ALTER TABLE job_next RENAME TO job;
   CREATE INDEX job_waiting ON job (type, tenant, id) WHERE state = 'waiting';
   CREATE INDEX job_ready ON job (type, tenant, app, id) WHERE state = 'waiting' AND attempt < 2;
   CREATE INDEX job_suspect ON job (type, tenant, app, id) WHERE state = 'waiting' AND attempt >= 2;
   CREATE INDEX job_running ON job (type, tenant, app) WHERE state = 'running';
   CREATE INDEX job_same ON job (app, same) WHERE state IN ('waiting', 'running');
   CREATE UNIQUE INDEX job_idempotency ON job (app, idempotency_key) WHERE idempotency_key IS NOT NULL;
   CREATE UNIQUE INDEX job_number ON job (tenant, number);
   CREATE INDEX job_expiry ON job (expires_at) WHERE state = 'finished' AND expires_at IS NOT NULL;
   CREATE INDEX job_ended ON job (ended_at) WHERE state IN ('finished', 'failed', 'cancelled', 'expired')`,
  // How old the queue of a type is, and how long.
  "CREATE INDEX job_oldest ON job (type, created_at) WHERE state = 'waiting'",
];
