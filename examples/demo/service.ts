import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const bin = new URL('../../bin/trailport', import.meta.url).pathname;

export type Credentials = { readonly [name in 'clientId' | 'clientSecret' | 'scope']: string };

/** What `serve --json` prints. */
type Answer = { readonly server: string } | { readonly failure: { readonly message: string } };

/** A Trailport of its own in a temporary directory, which is removed when it is disposed of. */
export class Service implements AsyncDisposable {
  readonly place: string;
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(place: string, url: string, child: ChildProcess) {
    this.place = place;
    this.url = url;
    this.#child = child;
  }

  /** Its data directory. */
  get data(): string {
    return join(this.place, 'data');
  }

  /**
   * Starts it on TRAILPORT_PORT if that is set, else on port 8080 or, if that is taken, on a free one. Waits until it
   * is ready.
   */
  static async start(signal: AbortSignal): Promise<Service> {
    const place = await mkdtemp(join(tmpdir(), 'trailport-demo-'));
    const port = process.env.TRAILPORT_PORT ?? ((await isFree(8080)) ? '8080' : '0');
    const args = ['serve', '--data', join(place, 'data'), '--port', port, '--json'];
    const log = openSync(join(place, 'serve.log'), 'a', 0o600);
    // A process group of its own: Ctrl-C goes to the demo only, which then stops the service.
    const child = spawn(bin, args, { detached: true, env: clean(place), stdio: ['ignore', 'pipe', log] });
    process.once('exit', () => child.kill('SIGKILL'));
    try {
      const answer = JSON.parse(await firstDocument(child, signal)) as Answer;
      if ('failure' in answer) throw new Error(answer.failure.message);
      const { server } = answer;
      const service = new Service(place, server, child);
      while ((await fetch(`${server}/readyz`, { signal })).status !== 200) await pause(100, undefined, { signal });
      return service;
    } catch (cause) {
      await stopped(child, place);
      signal.throwIfAborted();
      throw new Error(`the service did not start: ${(cause as Error).message}`, { cause });
    }
  }

  /** Runs a command of the program as a person would, and returns what it printed. */
  async trailport(...args: string[]): Promise<string> {
    const cwd = new URL('../..', import.meta.url).pathname;
    try {
      return (await promisify(execFile)(bin, args, { env: clean(this.place), cwd })).stdout;
    } catch (cause) {
      const { stderr } = cause as { stderr?: string };
      throw new Error(`trailport ${args[0]} failed: ${stderr?.trim() || String(cause)}`, { cause });
    }
  }

  async credentials(): Promise<Credentials> {
    return JSON.parse(await readFile(join(this.place, 'data', 'credentials.json'), 'utf8')) as Credentials;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopped(this.#child, this.place);
  }
}

/** The environment without the settings of another Trailport. */
function clean(place: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('TRAILPORT_'));
  return { ...Object.fromEntries(others), TRAILPORT_DATA: join(place, 'data') };
}

/** What the service prints once it listens, one JSON document. */
async function firstDocument(child: ChildProcess, signal: AbortSignal): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout!.setEncoding('utf8')) {
    signal.throwIfAborted();
    text += chunk;
    if (text.endsWith('}\n')) return text;
  }
  throw new Error('the service ended before it listened');
}

async function stopped(child: ChildProcess, place: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'exit');
    child.kill('SIGTERM');
    await closed;
  }
  await rm(place, { recursive: true, force: true });
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
