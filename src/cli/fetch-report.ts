import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../domain/failure.ts';
import type { Client } from './client.ts';
import { type Bar, barFor, sized, type Terminal } from './terminal.ts';

type Wanted = {
  readonly jobId: number;
  /** The file to write, `-` for standard output, null for the name that the service gives. */
  readonly output: string | null;
  readonly force: boolean;
  readonly label: string;
};

/** How often a broken download is taken up again without a byte more before it is given up. */
const resumptions = 5;

/**
 * Downloads a report to a temporary name, checks size and `Repr-Digest` (RFC 9530), and only then gives it its name.
 * A connection that breaks is taken up again with `Range` (RFC 9110 §14). Throws `report_damaged` on wrong bytes.
 */
export async function fetchReport(
  client: Client,
  terminal: Terminal,
  { jobId, output, force, label }: Wanted,
): Promise<{ readonly file: string; readonly bytes: number }> {
  const path = `/insights/job/${jobId}/exportfile`;
  const first = await client.ask(path);
  using bar = barFor(terminal, label);
  if (output === '-') {
    const write = async (chunk: Uint8Array) => {
      if (!terminal.stdout.write(chunk)) await once(terminal.stdout, 'drain', { signal: terminal.signal });
    };
    return { file: '-', bytes: await receive(client, terminal, path, first, write, bar) };
  }
  const final = output ?? join('.', nameIn(first.headers.get('content-disposition'), jobId));
  const temporary = join(dirname(final), `.${basename(final)}.${process.pid}.part`);
  const file = await made(temporary, final);
  try {
    const bytes = await receive(
      client,
      terminal,
      path,
      first,
      async (chunk) => void (await file.writeFile(chunk)),
      bar,
    );
    await file.sync();
    if (!force) await reserve(final);
    await rename(temporary, final);
    return { file: final, bytes };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
    await first.body?.cancel().catch(() => {});
  }
}

/** Passes the whole report on, over as many connections as it takes, and proves that it is what was recorded. */
async function receive(
  client: Client,
  terminal: Terminal,
  path: string,
  first: Response,
  write: (chunk: Uint8Array) => Promise<void>,
  bar: Bar,
): Promise<number> {
  const bytes = Number(first.headers.get('content-length'));
  const digest = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(first.headers.get('repr-digest') ?? '')?.[1];
  const etag = first.headers.get('etag') ?? '';
  const hash = createHash('sha256');
  let received = 0;
  let response: Response | null = first;
  for (let idle = 0; ; idle++) {
    try {
      response ??= await resumed(client, path, received, etag);
      for await (const chunk of response.body ?? []) {
        await write(chunk);
        hash.update(chunk);
        received += chunk.byteLength;
        idle = 0;
        bar.show(received / bytes, `${sized(received)} of ${sized(bytes)}`);
      }
      // fetch says nothing when a connection ends early and politely.
      if (received >= bytes) break;
    } catch (error) {
      terminal.signal.throwIfAborted();
      if (!isBroken(error) || idle >= resumptions) throw error;
    }
    if (idle >= resumptions) throw broken(received, bytes);
    response = null;
    await pause(200 * 2 ** idle, undefined, { signal: terminal.signal });
  }
  if (received !== bytes || (digest !== undefined && hash.digest('base64') !== digest)) {
    throw new Failure(
      'report_damaged',
      `The ${sized(received)} that arrived are not the report that was recorded (size or SHA-256 differ); nothing was kept, export again.`,
    );
  }
  return received;
}

async function resumed(client: Client, path: string, from: number, etag: string): Promise<Response> {
  if (from === 0) return client.ask(path);
  const response = await client.ask(path, { headers: { range: `bytes=${from}-`, 'if-range': etag } });
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 206 && Number(start) === from) return response;
  await response.body?.cancel();
  throw new Failure('report_damaged', 'The report changed while it was downloaded; export again.');
}

/** Whether a download may go on after this: the connection broke (fetch throws a TypeError) or nobody answered. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Failure && error.code === 'not_ready');
}

function broken(received: number, bytes: number): Failure {
  const message = `The download broke off at ${sized(received)} of ${sized(bytes)}, ${resumptions} times in a row; try again later.`;
  return new Failure('not_ready', message);
}

async function made(temporary: string, final: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx', 0o600);
  } catch (cause) {
    const message = `${final} cannot be written; name a file in a directory that is yours with -o.`;
    throw new Failure('parameter_invalid', message, { cause });
  }
}

/** Takes a name that must be free, in one step; the rename that follows replaces the empty file. */
async function reserve(final: string): Promise<void> {
  try {
    await (await open(final, 'wx', 0o600)).close();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(final) : error;
  }
}

/** The name that the service gives, as a plain name: never a path, whatever a server says. */
function nameIn(disposition: string | null, jobId: number): string {
  const name = /filename="([^"\\/]+)"/.exec(disposition ?? '')?.[1] ?? '';
  return /^[\w][\w .()-]{0,150}$/.test(name) ? name : `activity-export-${jobId}.zip`;
}

export function alreadyThere(path: string): Failure {
  return new Failure('parameter_invalid', `${path} is there already; name another file with -o, or say --force.`);
}
