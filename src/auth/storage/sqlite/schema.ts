/** The tables of apps, keys and used assertions. Times are milliseconds since 1970 unless the name ends in `_s`. */
export const authSchema = [
  `CREATE TABLE app (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     tenant TEXT NOT NULL,
     created_ms INTEGER NOT NULL,
     disabled_ms INTEGER,
     secret_hash BLOB,
     previous_hash BLOB,
     previous_until_ms INTEGER,
     certificate_jwk TEXT,
     certificate_sha256 TEXT,
     certificate_until_ms INTEGER,
     token_endpoint_audience INTEGER NOT NULL,
     CHECK ((secret_hash IS NULL) <> (certificate_jwk IS NULL))
   ) STRICT;
   CREATE TABLE signing_key (
     kid TEXT PRIMARY KEY,
     private_jwk TEXT NOT NULL,
     created_ms INTEGER NOT NULL,
     retired_ms INTEGER
   ) STRICT;
   CREATE UNIQUE INDEX signing_key_in_use ON signing_key ((1)) WHERE retired_ms IS NULL;
   CREATE TABLE used_assertion (id TEXT PRIMARY KEY, until_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE INDEX used_assertion_until ON used_assertion (until_s);`,
];
