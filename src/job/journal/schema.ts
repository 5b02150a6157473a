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
     -- The lease: who has it, and a pulse. An observer whose own monotonic clock saw no beat for long takes it away.
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
];
