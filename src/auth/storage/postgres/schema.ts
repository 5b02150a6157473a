/** The tables of apps, keys and used assertions. Times are milliseconds since 1970 unless the name ends in `_s`. */
export const authSchema = [
  `CREATE TABLE app (
     id text PRIMARY KEY,
     place bigint GENERATED ALWAYS AS IDENTITY,
     name text NOT NULL,
     tenant text NOT NULL,
     created_ms bigint NOT NULL,
     disabled_ms bigint,
     secret_hash bytea,
     previous_hash bytea,
     previous_until_ms bigint,
     certificate_jwk text,
     certificate_sha256 text,
     certificate_until_ms bigint,
     token_endpoint_audience boolean NOT NULL,
     CHECK ((secret_hash IS NULL) <> (certificate_jwk IS NULL))
   )`,
  `CREATE TABLE signing_key (
     kid text PRIMARY KEY,
     private_jwk text NOT NULL,
     created_ms bigint NOT NULL,
     retired_ms bigint
   )`,
  'CREATE UNIQUE INDEX signing_key_in_use ON signing_key ((1)) WHERE retired_ms IS NULL',
  'CREATE TABLE used_assertion (id text PRIMARY KEY, until_s bigint NOT NULL)',
  'CREATE INDEX used_assertion_until ON used_assertion (until_s)',
];
