/** The ledger's tables in PostgreSQL, step by step. They mean what those of SQLite mean. */
export const ledgerSchema = [
  'CREATE SCHEMA ledger',
  `CREATE TABLE ledger.write (
     -- A sequence: a number is never given twice, also when its row is gone.
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     tenant text NOT NULL,
     kind text NOT NULL CHECK (kind IN ('add', 'erase')),
     import_id bigint,
     holder text,
     session text,
     state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'committed', 'aborted')),
     added bigint NOT NULL DEFAULT 0,
     replaced bigint NOT NULL DEFAULT 0
   )`,
  "CREATE UNIQUE INDEX write_open ON ledger.write (tenant) WHERE state = 'open'",
  // What the committed writes of a tenant add up to, less what was removed.
  `CREATE TABLE ledger.tenant (
     name text PRIMARY KEY,
     last_write bigint NOT NULL,
     versions bigint NOT NULL,
     superseded bigint NOT NULL
   )`,
  'CREATE TABLE ledger.import (tenant text, id bigint, added bigint NOT NULL, PRIMARY KEY (tenant, id))',
  `CREATE TABLE ledger.removal (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     tenant text NOT NULL,
     up_to bigint NOT NULL,
     versions bigint NOT NULL,
     superseded bigint NOT NULL
   )`,
  'CREATE TABLE ledger.rules (one boolean PRIMARY KEY DEFAULT true CHECK (one), version int NOT NULL)',
  'CREATE TABLE ledger.step (work text, step text, PRIMARY KEY (work, step))',
  // The name of this list of writes: the tables on a server belong to it.
  `CREATE TABLE ledger.identity (one boolean PRIMARY KEY DEFAULT true CHECK (one), id text NOT NULL)`,
  `INSERT INTO ledger.identity (id) VALUES (gen_random_uuid()::text)`,
  `CREATE TABLE ledger.forgotten (
     write bigint PRIMARY KEY REFERENCES ledger.write (number),
     tenant text NOT NULL,
     job bigint NOT NULL,
     what text NOT NULL CHECK (what IN ('user', 'tenant', 'expired')),
     -- The key only while the erasure is pending, then the hash alone. Both are made by the rules of this version.
     user_key text,
     user_hash text,
     rules int NOT NULL,
     before bigint,
     arrives_before bigint NOT NULL,
     rows bigint NOT NULL,
     -- What the removal from the tables takes; null before it has begun.
     versions bigint,
     superseded bigint,
     removed boolean NOT NULL DEFAULT false,
     state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done')),
     created_at bigint NOT NULL
   )`,
  'CREATE UNIQUE INDEX forgotten_job ON ledger.forgotten (tenant, job)',
  "CREATE INDEX forgotten_pending ON ledger.forgotten (tenant) WHERE state = 'pending'",
  'CREATE TABLE ledger.hash_key (half int PRIMARY KEY, value text NOT NULL)',
  'CREATE TABLE ledger.retention (tenant text PRIMARY KEY, days int NOT NULL, swept_at bigint)',
] as const;
