import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  createReadStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { Program } from '../../test/story/program.ts';
import { workerPeakBytes } from '../programs.ts';
import { lastBusyMs, processorSeconds } from './idle.ts';

/** One import: `seconds` to the status `finished`, `mergedSeconds` until the engine had nothing left to merge. */
export type Imported = {
  readonly seconds: number;
  readonly mergedSeconds: number;
  /** Parts of the table of activities at the end. */
  readonly parts: number;
  /** Processor time of the process that has the engine, merges included. */
  readonly processorSeconds: number;
  readonly peakBytes: number;
};

/** Imports a file over HTTP into a new store, or into a copy of one that is there. */
export async function imported(
  file: string,
  rows: number,
  {
    into = null,
    program: Started = Program,
  }: { readonly into?: string | null; readonly program?: typeof Program } = {},
): Promise<Imported> {
  const data = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  try {
    if (into !== null) copyStore(into, data);
    const program = await Started.start({ data });
    const result = await sent(program, file, rows).finally(() => program.stop());
    return { ...result, parts: await partsOf(data) };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function sent(program: Program, file: string, rows: number): Promise<Omit<Imported, 'parts'>> {
  const before = processorSeconds(program.workerPid);
  const started = performance.now();
  const { jobId } = await program.json<{ jobId: number }>('/insights/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(statSync(file).size) },
    body: Readable.toWeb(createReadStream(file, { highWaterMark: 1 << 20 })) as ReadableStream,
    duplex: 'half',
  } as RequestInit);
  const { jobStatus, message } = await program.ended(jobId);
  const seconds = (performance.now() - started) / 1000;
  if (jobStatus !== 2) throw new Error(message);
  const job = await program.json<{ result: { added: number; rejected: number } }>(`/insights/job/${jobId}`);
  if (job.result.added !== rows) throw new Error(`The import added ${job.result.added} of ${rows} activities.`);
  const mergedSeconds = ((await lastBusyMs(program.workerPid)) - started) / 1000;
  const used = processorSeconds(program.workerPid) - before;
  return { seconds, mergedSeconds, processorSeconds: used, peakBytes: workerPeakBytes(program) };
}

/** A child, since the engine ends the process that it is in when it has no more memory. */
export async function byEngine(file: string): Promise<Omit<Imported, 'peakBytes'>> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  const script = new URL('./engine-child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, file, join(directory, 'engine')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const closed = once(child, 'close');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const inserted = await lines.next();
    if (inserted.done === true) throw new Error('The engine did not insert the file.');
    const seconds = Number(inserted.value);
    const started = performance.now() - seconds * 1000;
    const mergedSeconds = ((await lastBusyMs(child.pid!)) - started) / 1000;
    const used = processorSeconds(child.pid!);
    child.stdin.write('\n');
    const counted = await lines.next();
    const [parts] = JSON.parse(String(counted.value)) as [number, number];
    child.stdin.end();
    await closed;
    return { seconds, mergedSeconds, parts, processorSeconds: used };
  } finally {
    child.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function partsOf(data: string): Promise<number> {
  await using engine = new ChdbEngine(join(data, 'store', 'engine'));
  const [row] = await engine.rows<[string | number]>(
    "SELECT count() FROM system.parts WHERE active AND database = 'trailport' AND table = 'activity'",
  );
  return Number(row?.[0]);
}

/** Copies a data directory. The files of the engine's parts never change, so they are linked. */
function copyStore(from: string, to: string): void {
  const parts = `${sep}engine${sep}store${sep}`;
  mkdirSync(to, { recursive: true, mode: 0o700 });
  // Level by level: a recursive listing also enters directories behind symbolic links.
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyStore(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (entry.isFile() && source.includes(parts)) linkSync(source, target);
    else if (entry.isFile()) copyFileSync(source, target);
  }
}
