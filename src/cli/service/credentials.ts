import { readFile } from 'node:fs/promises';
import { configFrom, placesIn } from '../../config.ts';
import { readWriteAll } from '../../domain/access.ts';
import { Failure } from '../../domain/failure.ts';

/** How a command reaches a service. `server` has no trailing slash; `from` says where the credentials were found. */
export type Credentials = {
  readonly server: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly from: string;
};

const variables = ['TRAILPORT_SERVER', 'TRAILPORT_CLIENT_ID', 'TRAILPORT_CLIENT_SECRET'] as const;

/**
 * The credentials of the environment if its three variables are set, else those of `credentials.json` in the data
 * directory. Throws `token_missing` when there are none and `settings_invalid` when they are wrong.
 */
export async function credentialsFor(env: NodeJS.ProcessEnv, data: string | undefined): Promise<Credentials> {
  const [server = '', clientId = '', clientSecret = ''] = variables.map((name) => env[name]);
  if (server !== '' && clientId !== '' && clientSecret !== '') {
    return { server: address(server), clientId, clientSecret, scope: readWriteAll, from: 'the environment' };
  }
  if (clientId !== '' || clientSecret !== '') {
    const missing = variables.filter((name) => (env[name] ?? '') === '').join(' and ');
    throw new Failure('settings_invalid', `${missing} must be set too, because the other TRAILPORT_ credentials are.`);
  }
  const path = placesIn(configFrom({ data }, env).data).credentials;
  const found = await credentialsIn(path);
  return server === '' ? found : { ...found, server: address(server) };
}

/** The credentials in one file. */
export async function credentialsIn(path: string): Promise<Credentials> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Failure(
      'token_missing',
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? `There are no credentials at ${path}; start the service there with trailport serve, name its directory with --data, or set ${variables.join(', ')}.`
        : `The credentials at ${path} cannot be read; run as the user that runs the service, or set ${variables.join(', ')}.`,
      { cause },
    );
  }
  const { server, clientId, clientSecret, scope } = parsed(text);
  if (![server, clientId, clientSecret, scope].every((value) => typeof value === 'string' && value !== '')) {
    throw new Failure(
      'settings_invalid',
      `${path} must be JSON with the texts server, clientId, clientSecret and scope; add an app with trailport app add and write them there.`,
    );
  }
  return {
    server: address(String(server)),
    clientId: String(clientId),
    clientSecret: String(clientSecret),
    scope: String(scope),
    from: path,
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function address(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) {
    throw new Failure(
      'settings_invalid',
      `The server's address must be an http or https address such as http://127.0.0.1:8080, not ${text}.`,
    );
  }
  return text.replace(/\/+$/, '');
}
