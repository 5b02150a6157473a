import { Client } from '../client.ts';
import { failed } from '../command.ts';
import { type Credentials, credentialsFor } from '../credentials.ts';
import type { Terminal } from '../terminal.ts';
import type { Check } from './check.ts';

/** Tokens and certificates are judged by the clock; a difference below this hurts nobody. */
const clockToleranceMs = 5000;

/** What the service says of itself, and whether these credentials get in. */
export async function serverChecks(terminal: Terminal, data: string | undefined): Promise<Check[]> {
  let credentials: Credentials;
  try {
    credentials = await credentialsFor(terminal.env, data);
  } catch (error) {
    terminal.signal.throwIfAborted();
    return [{ name: 'server', finding: 'not asked, for want of credentials', advice: failed(error).message }];
  }
  const client = new Client(credentials, terminal.signal);
  let ready: Response;
  try {
    ready = await client.bare('/readyz');
  } catch (error) {
    terminal.signal.throwIfAborted();
    return [{ name: 'server', finding: failed(error).message, advice: 'Start it with trailport serve.' }];
  }
  const finding = `${client.server} ${ready.ok ? 'is ready' : `is not ready (${await parts(ready)})`}`;
  const advice = ready.ok ? null : 'Wait a moment; if it stays so, read its log.';
  return [{ name: 'server', finding, advice }, clock(ready), await access(client, terminal)];
}

/** Which part is not ready, in the service's own words. */
async function parts(response: Response): Promise<string> {
  const told = (await response.json().catch(() => null)) as { parts?: Record<string, unknown> } | null;
  const named = Object.entries(told?.parts ?? {}).filter(([, state]) => state !== 'ready');
  return named.length === 0
    ? `status ${response.status}`
    : named.map(([part, state]) => `${part}: ${state}`).join(', ');
}

function clock(response: Response): Check {
  const theirs = Date.parse(response.headers.get('date') ?? '');
  const apartMs = Math.abs(Date.now() - theirs);
  if (Number.isNaN(apartMs)) return { name: 'clock', finding: 'the server tells no time', advice: null };
  // A Date header is whole seconds, cut off.
  const good = apartMs <= clockToleranceMs;
  const finding = apartMs < 2000 ? "as the server's" : `${Math.round(apartMs / 1000)} s from the server's`;
  return { name: 'clock', finding, advice: good ? null : 'Set both clocks by NTP: tokens are judged by time.' };
}

async function access(client: Client, terminal: Terminal): Promise<Check> {
  try {
    await client.token();
    return { name: 'access', finding: 'the credentials get a token', advice: null };
  } catch (error) {
    terminal.signal.throwIfAborted();
    const advice = 'Make new credentials with trailport app add, or app rotate.';
    return { name: 'access', finding: failed(error).message, advice };
  }
}
