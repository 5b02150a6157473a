/** The job tables, step by step. One row a job; times in milliseconds since 1970. See `sqlite/schema.ts` for the words. */
export const jobSchema = [
  // Heartbeats rewrite a row without touching an index: with room on its page, no index grows (a HOT update).
  `CREATE TABLE job (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     number bigint NOT NULL,
     tenant text NOT NULL,
     app text NOT NULL,
     type text NOT NULL,
     request text NOT NULL,
     state text NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'failed', 'cancelled', 'expired')),
     same text,
     idempotency_key text,
     created_at bigint NOT NULL,
     started_at bigint,
     ended_at bigint,
     expires_at bigint,
     attempt int NOT NULL DEFAULT 0,
     fence bigint NOT NULL DEFAULT 0,
     holder text,
     beat bigint NOT NULL DEFAULT 0,
     rows bigint NOT NULL DEFAULT 0,
     rows_total bigint,
     percent int,
     outcome text,
     failure text
   ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)`,
  "CREATE INDEX job_waiting ON job (type, tenant, id) WHERE state = 'waiting'",
  "CREATE INDEX job_ready ON job (type, tenant, app, id) WHERE state = 'waiting' AND attempt < 2",
  "CREATE INDEX job_suspect ON job (type, tenant, app, id) WHERE state = 'waiting' AND attempt >= 2",
  "CREATE INDEX job_running ON job (type, tenant, app) WHERE state = 'running'",
  "CREATE INDEX job_same ON job (app, same) WHERE state IN ('waiting', 'running')",
  'CREATE UNIQUE INDEX job_idempotency ON job (app, idempotency_key) WHERE idempotency_key IS NOT NULL',
  'CREATE UNIQUE INDEX job_number ON job (tenant, number)',
  "CREATE INDEX job_expiry ON job (expires_at) WHERE state = 'finished' AND expires_at IS NOT NULL",
  "CREATE INDEX job_ended ON job (ended_at) WHERE state IN ('finished', 'failed', 'cancelled', 'expired')",
  // Not the highest number of a row: rows are removed, and a number must not come back. Its row is a tenant's lock too.
  'CREATE TABLE job_counter (tenant text PRIMARY KEY, last bigint NOT NULL) WITH (fillfactor = 50)',
  // Fair turns, in the order of claims. Whoever claims for a tenant holds the lock of its row.
  'CREATE SEQUENCE turn_number',
  `CREATE TABLE tenant_turn (
     type text, tenant text, served bigint NOT NULL DEFAULT 0, PRIMARY KEY (type, tenant)
   ) WITH (fillfactor = 50)`,
  `CREATE TABLE app_turn (
     type text, tenant text, app text, served bigint NOT NULL, PRIMARY KEY (type, tenant, app)
   ) WITH (fillfactor = 50)`,
  // How old the queue of a type is, and how long.
  "CREATE INDEX job_oldest ON job (type, created_at) WHERE state = 'waiting'",
];
