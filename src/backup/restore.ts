import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure } from '../domain/failure.ts';
import { makePrivateDirectory, syncDirectory } from '../kit/files.ts';
import { holdExclusively } from '../kit/sqlite/sqlite.ts';
import { assembleStore, differencesBetween, Store, type StoreContent } from '../store/store.ts';
import { copyFile, syncDirectories } from './copy.ts';
import type { Manifest } from './manifest.ts';
import { type FoundBackup, findBackup, removeDirectory } from './place.ts';

export type RestoreParts = {
  /** The files of the new data directory, as `placesIn` names them. */
  readonly places: {
    readonly database: string;
    readonly credentials: string;
    readonly store: string;
    readonly spool: string;
    readonly reports: string;
    readonly lock: string;
    /** Where it is built; while it is there, no service starts. */
    readonly restoring: string;
  };
  readonly onStep?: (step: string) => void;
};

type Restoring = {
  /** `done` of `total` bytes are copied; then the rows are checked. */
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
};

export type Restored = { readonly path: string; readonly manifest: Manifest };

/**
 * Builds a data directory from a backup: every file is compared with the manifest while it is copied, then every row of
 * every table. A new or empty directory, or one where a restore was cut off. Throws `backup_damaged` with what does not match, one
 * sentence each, and leaves nothing then; `cannot_start` for a directory that is in use.
 */
export async function restoreBackup(
  source: string,
  data: string,
  { places, onStep = () => undefined }: RestoreParts,
  restoring: Restoring,
): Promise<Restored> {
  const found = await findBackup(source);
  await makePrivateDirectory(data);
  await mustBeFree(data, places);
  using _lock = holdExclusively(places.lock, `Another restore or a service is using ${data}; name another --data.`);
  await clear(places);
  await mkdir(places.restoring, { mode: 0o700 });
  await syncDirectory(data);
  onStep('begun');
  try {
    const store = join(places.restoring, basename(places.store));
    const wrong = await copyAll(found, places.restoring, restoring, onStep);
    mustMatch(found.path, wrong);
    const { contents } = found.manifest;
    const rows = await rowsIn(store, found.path, { onStep, signal: restoring.signal });
    mustMatch(found.path, differencesBetween(contents, rows));
    onStep('rows checked');
    // Opened once as a service does: what an open write had left is removed, and every check at a start passes.
    await (await Store.open(store))[Symbol.asyncDispose]();
    onStep('opened');
  } catch (error) {
    await clear(places);
    throw error;
  }
  await moveInto(data, places, onStep);
  return found;
}

/** The directory must hold nothing but what a restore that was cut off left there. */
async function mustBeFree(data: string, places: RestoreParts['places']): Promise<void> {
  const names = await readdir(data);
  const wasCutOff = names.includes(basename(places.restoring));
  const own = new Set(Object.values(places).map((path) => basename(path)));
  const isFree = names.every((name) => name.startsWith(basename(places.lock)) || (wasCutOff && own.has(name)));
  if (isFree) return;
  throw new Failure('cannot_start', `${data} is not empty; name a new directory with --data.`);
}

async function clear({ lock: _, restoring, ...places }: RestoreParts['places']): Promise<void> {
  for (const path of Object.values(places)) await removeDirectory(path);
  // Last: without it the directory would look like one that was never restored into.
  await removeDirectory(restoring);
}

/** Copies every file of the manifest; what differs, one sentence each. */
async function copyAll(
  { path, manifest }: FoundBackup,
  to: string,
  { progress, signal }: Restoring,
  onStep: (step: string) => void,
): Promise<string[]> {
  const wrong: string[] = [];
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const { name, bytes, sha256 } of manifest.files) {
    signal.throwIfAborted();
    const copied = await copyFile(join(path, name), join(to, name), signal).catch((error: NodeJS.ErrnoException) => {
      // A link in the place of a file answers ELOOP; a directory cannot be read.
      if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EIO'].includes(error.code ?? '')) return null;
      throw error;
    });
    if (copied === null) wrong.push(`${name}: cannot be read.`);
    else if (copied.bytes !== bytes) wrong.push(`${name}: ${bytes} bytes expected, ${copied.bytes} found.`);
    else if (copied.sha256 !== sha256) wrong.push(`${name}: its bytes are not those of the manifest.`);
    done += bytes;
    progress(done, total);
    onStep('file copied');
  }
  await syncDirectories(
    to,
    manifest.files.map(({ name }) => join(to, name)),
  );
  return wrong;
}

/** Every row of the restored store. A part that the engine does not take is a damage of the backup. */
async function rowsIn(
  store: string,
  backup: string,
  options: Parameters<typeof assembleStore>[1],
): Promise<readonly StoreContent[]> {
  try {
    return await assembleStore(store, options);
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'store_damaged') throw cause;
    const message = `The store of ${backup} does not open; restore another backup.`;
    throw new Failure('backup_damaged', message, { cause });
  }
}

const mostNamed = 20;

function mustMatch(path: string, wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  const more = wrong.length > mostNamed ? ` And ${wrong.length - mostNamed} more.` : '';
  const message = `${path} does not match its manifest; restore another backup. ${wrong.slice(0, mostNamed).join(' ')}${more}`;
  throw new Failure('backup_damaged', message);
}

/** The job database last, and the directory that forbids a start after it. */
async function moveInto(data: string, places: RestoreParts['places'], onStep: (step: string) => void): Promise<void> {
  for (const path of [places.reports, places.spool, places.credentials, places.store, places.database]) {
    const from = join(places.restoring, basename(path));
    const isThere = await stat(from).then(
      () => true,
      () => false,
    );
    if (isThere) await rename(from, path);
    onStep('moved');
  }
  await syncDirectory(data);
  await removeDirectory(places.restoring);
  await syncDirectory(data);
  onStep('done');
}
