import { type Check, inOrder, notChecked, toDo } from '../../domain/check.ts';
import { failureFrom } from '../command.ts';
import { Client } from '../service/client.ts';
import { type Credentials, credentialsFor } from '../service/credentials.ts';
import type { Terminal } from '../terminal.ts';

/** Tokens and certificates depend on the clock; a difference below this does no harm. */
const clockToleranceMs = 5000;

/** What the service reports about itself, and whether these credentials are accepted. */
export async function serverChecks(terminal: Terminal, data: string | undefined): Promise<Check[]> {
  let credentials: Credentials;
  try {
    credentials = await credentialsFor(terminal.env, data);
  } catch (error) {
    terminal.signal.throwIfAborted();
    return [toDo('server', 'not asked, because there are no credentials', failureFrom(error).message)];
  }
  const client = new Client(credentials, terminal.signal);
  let ready: Response;
  try {
    ready = await client.bare('/readyz');
  } catch (error) {
    terminal.signal.throwIfAborted();
    return [
      toDo('server', failureFrom(error).message, 'Start it with trailport serve.'),
      notChecked('clock', 'needs the server'),
      notChecked('access', 'needs the server'),
    ];
  }
  const server = ready.ok
    ? inOrder('server', `${client.server} is ready: its worker has opened the store`)
    : toDo('server', `${client.server} is not ready (${await parts(ready)})`, 'Wait a moment, then read its log.');
  return [server, clock(ready), await access(client, terminal)];
}

/** The parts that are not ready, in the words of the service. */
async function parts(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as { parts?: Record<string, unknown> } | null;
  const unready = Object.entries(body?.parts ?? {}).filter(([, state]) => state !== 'ready');
  return unready.length === 0
    ? `status ${response.status}`
    : unready.map(([part, state]) => `${part}: ${state}`).join(', ');
}

function clock(response: Response): Check {
  const theirs = Date.parse(response.headers.get('date') ?? '');
  const apartMs = Math.abs(Date.now() - theirs);
  if (Number.isNaN(apartMs)) return notChecked('clock', 'the server sends no Date');
  // A Date header has whole seconds, rounded down.
  const finding = apartMs < 2000 ? "same as the server's" : `${Math.round(apartMs / 1000)} s from the server's`;
  return apartMs <= clockToleranceMs
    ? inOrder('clock', finding)
    : toDo('clock', finding, 'Set both clocks by NTP: tokens depend on time.');
}

async function access(client: Client, terminal: Terminal): Promise<Check> {
  try {
    await client.token();
    return inOrder('access', 'the credentials get a token');
  } catch (error) {
    terminal.signal.throwIfAborted();
    const advice = 'Make new credentials with trailport app add, or app rotate.';
    return toDo('access', failureFrom(error).message, advice);
  }
}
