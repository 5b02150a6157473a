import { readFileSync } from 'node:fs';
import { Failure } from '../domain/failure.ts';

/**
 * A setting that may hold a secret: the variable itself, or the content of the file that `NAME_FILE` names, as container
 * platforms hand out secrets. Null for neither.
 */
export function secretFrom(env: NodeJS.ProcessEnv, name: string): string | null {
  const file = env[`${name}_FILE`];
  const value = env[name];
  if (file === undefined) return value ?? null;
  if (value !== undefined) {
    throw new Failure('settings_invalid', `${name} and ${name}_FILE are both set; leave one of them out.`);
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure('settings_invalid', `The file that ${name}_FILE names cannot be read (${code}).`, { cause });
  }
}

/** The address of a PostgreSQL database. */
export function databaseUrlFrom(env: NodeJS.ProcessEnv): string | null {
  const text = secretFrom(env, 'TRAILPORT_DATABASE_URL');
  if (text === null) return null;
  const url = URL.parse(text);
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1) return text;
  // Not the text itself: it holds a password.
  const expected = 'an address such as postgres://USER:PASSWORD@HOST:5432/DATABASE';
  throw new Failure('settings_invalid', `TRAILPORT_DATABASE_URL must be ${expected}.`);
}

/** The address of a ClickHouse server. */
export function clickhouseUrlFrom(env: NodeJS.ProcessEnv): string | null {
  const text = secretFrom(env, 'TRAILPORT_CLICKHOUSE_URL');
  if (text === null) return null;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && /^\/?$/.test(url.pathname) && url.search === '') return text;
  // Not the text itself: it holds a password.
  throw new Failure(
    'settings_invalid',
    'TRAILPORT_CLICKHOUSE_URL must be an address such as http://USER:PASSWORD@HOST:8123, without a path.',
  );
}
