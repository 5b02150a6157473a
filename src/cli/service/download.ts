import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure, type FailureCode } from '../../domain/failure.ts';
import { formatBytes } from '../../kit/print.ts';
import { type Bar, barFor } from '../output/progress.ts';
import type { Terminal } from '../terminal.ts';
import type { Client } from './client.ts';

type Wanted = {
  readonly jobId: number;
  /** The file to write, `-` for standard output, null for the name that the service gives. */
  readonly output: string | null;
  /** Whether a file of that name may be replaced. */
  readonly force: boolean;
};

/** The report as its response headers describe it. `sha256` is base64, null when the service names none. */
type Facts = { readonly bytes: number; readonly sha256: string | null; readonly etag: string };

/** A download under way: where it comes from, and what has arrived of it. */
type Transfer = {
  readonly path: string;
  readonly facts: Facts;
  readonly hash: Hash;
  received: number;
  readonly write: (chunk: Uint8Array) => Promise<void>;
};

/** After these another run could not go on from what was received. */
const ends: readonly FailureCode[] = ['report_damaged', 'report_expired', 'parameter_invalid'];

/** How often a broken connection is opened again without a byte more. */
const resumptions = 5;

/**
 * Downloads a report to a temporary name, checks its size and `Repr-Digest` (RFC 9530), and only then gives it its
 * name. A broken connection is resumed with `Range` (RFC 9110 §14); so is a download that an earlier run of the program
 * left behind. Throws `report_damaged` when the bytes are not the recorded ones.
 */
export async function downloadReport(
  client: Client,
  terminal: Terminal,
  { jobId, output, force }: Wanted,
): Promise<{ readonly file: string; readonly bytes: number }> {
  const path = `/insights/job/${jobId}/exportfile`;
  const first = await client.ask(path);
  const facts = factsOf(first);
  using bar = barFor(terminal, 'Download');
  if (output === '-') {
    const write = async (chunk: Uint8Array) => {
      if (!terminal.stdout.write(chunk)) await once(terminal.stdout, 'drain', { signal: terminal.signal });
    };
    const transfer = { path, facts, hash: createHash('sha256'), received: 0, write };
    return { file: '-', bytes: await receive(client, terminal, transfer, first, bar) };
  }
  const final = output ?? join('.', nameIn(first.headers.get('content-disposition'), jobId));
  const temporary = temporaryName(final, facts);
  const file = await openPart(temporary, final);
  try {
    const transfer = {
      path,
      facts,
      ...(await alreadyIn(file, facts)),
      write: (chunk: Uint8Array) => file.writeFile(chunk),
    };
    const bytes = await receive(client, terminal, transfer, first, bar);
    await file.sync();
    if (!force) await reserve(final);
    await rename(temporary, final);
    return { file: final, bytes };
  } catch (error) {
    const keeps = !(error instanceof Failure && ends.includes(error.code)) && (await file.stat()).size > 0;
    if (!keeps) await rm(temporary, { force: true });
    throw withCommand(error, jobId, output);
  } finally {
    await file.close();
    await first.body?.cancel().catch(() => {});
  }
}

function factsOf({ headers }: Response): Facts {
  const sha256 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(headers.get('repr-digest') ?? '')?.[1] ?? null;
  return { bytes: Number(headers.get('content-length')), sha256, etag: headers.get('etag') ?? '' };
}

/** Named after the content, so that only a download of the same report is resumed. */
function temporaryName(final: string, { sha256 }: Facts): string {
  const content = sha256 === null ? String(process.pid) : Buffer.from(sha256, 'base64').toString('hex', 0, 6);
  return join(dirname(final), `.${basename(final)}.${content}.part`);
}

/** What an earlier run left in the temporary file. */
async function alreadyIn(file: FileHandle, { bytes }: Facts): Promise<{ received: number; readonly hash: Hash }> {
  const hash = createHash('sha256');
  const { size } = await file.stat();
  if (size > bytes) await file.truncate();
  if (size === 0 || size > bytes) return { received: 0, hash };
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk);
  return { received: size, hash };
}

/** Writes the rest of the report, over as many connections as it takes, and checks the whole. */
async function receive(
  client: Client,
  terminal: Terminal,
  transfer: Transfer,
  first: Response,
  bar: Bar,
): Promise<number> {
  const { bytes, sha256 } = transfer.facts;
  let response: Response | null = transfer.received === 0 ? first : null;
  for (let idle = 0; transfer.received < bytes; idle++) {
    const before = transfer.received;
    try {
      response ??= await resumed(client, transfer);
      for await (const chunk of response.body ?? []) {
        await transfer.write(chunk);
        transfer.hash.update(chunk);
        transfer.received += chunk.byteLength;
        bar.show(transfer.received / bytes, `${formatBytes(transfer.received)} of ${formatBytes(bytes)}`);
      }
    } catch (error) {
      terminal.signal.throwIfAborted();
      if (!isBroken(error)) throw error;
    }
    // fetch reports no error when a connection ends early.
    if (transfer.received >= bytes) break;
    if (transfer.received > before) idle = 0;
    if (idle >= resumptions) throw broken(transfer.received, bytes);
    response = null;
    await pause(200 * 2 ** idle, undefined, { signal: terminal.signal });
  }
  if (transfer.received !== bytes || (sha256 !== null && transfer.hash.digest('base64') !== sha256)) {
    throw new Failure(
      'report_damaged',
      `The ${formatBytes(transfer.received)} received are not the report that the service recorded (size or SHA-256 differ); nothing was kept, download it again.`,
    );
  }
  return transfer.received;
}

async function resumed(client: Client, { path, facts, received }: Transfer): Promise<Response> {
  if (received === 0) return client.ask(path);
  const response = await client.ask(path, { headers: { range: `bytes=${received}-`, 'if-range': facts.etag } });
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 206 && Number(start) === received) return response;
  await response.body?.cancel();
  throw new Failure('report_damaged', 'The report changed while it was downloaded; export again.');
}

/** Whether a download can go on after this: the connection broke (fetch throws a TypeError) or the service is away. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Failure && error.code === 'not_ready');
}

function broken(received: number, bytes: number): Failure {
  const message = `The download stopped at ${formatBytes(received)} of ${formatBytes(bytes)}: ${resumptions + 1} connections in a row brought nothing.`;
  return new Failure('not_ready', message);
}

/** The same error, with the command that goes on from what was received, where that can help. */
function withCommand(error: unknown, jobId: number, output: string | null): unknown {
  const again = `trailport download ${jobId}${output === null ? '' : ` -o ${output}`}`;
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
    return new Failure('disk_full', `The disk is full; free space, then go on with: ${again}`, { cause: error });
  }
  if (!(error instanceof Failure) || error.code !== 'not_ready') return error;
  return new Failure(error.code, `${error.message} Go on later with: ${again}`, { cause: error });
}

async function openPart(temporary: string, final: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'a+', 0o600);
  } catch (cause) {
    const message = `${final} cannot be written; name a file in a directory where you may write with -o.`;
    throw new Failure('parameter_invalid', message, { cause });
  }
}

/** Takes a name that must be free, in one step; the rename that follows replaces the empty file. */
async function reserve(final: string): Promise<void> {
  try {
    await (await open(final, 'wx', 0o600)).close();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? fileExists(final) : error;
  }
}

/** The name that the service gives, as a plain file name; never a path, whatever a server sends. */
function nameIn(disposition: string | null, jobId: number): string {
  const name = /filename="([^"\\/]+)"/.exec(disposition ?? '')?.[1] ?? '';
  return /^[\w][\w .()-]{0,150}$/.test(name) ? name : `activity-export-${jobId}.zip`;
}

export function fileExists(path: string): Failure {
  return new Failure('parameter_invalid', `${path} exists already; name another file with -o, or add --force.`);
}
