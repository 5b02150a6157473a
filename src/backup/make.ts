import { mkdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../domain/failure.ts';
import type { BackupRequest, BackupResult } from '../domain/job.ts';
import { type FilePlaces, type FileRef, LinkedFiles } from '../files/files.ts';
import { makePrivateDirectory, syncDirectory, writePrivateFile } from '../kit/files.ts';
import { copySqlite } from '../kit/sqlite/sqlite.ts';
import type { Store } from '../store/store.ts';
import { copyFile, hasBytes, linkFile, syncDirectories } from './copy.ts';
import { type BackupFile, type Manifest, manifestName, manifestText } from './manifest.ts';
import { backupIn, type FoundBackup, newestBackupIn, partialOf, removeDirectory } from './place.ts';

/** What a backup is made of. */
export type BackupParts = {
  readonly store: Pick<Store, 'freeze'>;
  /** The files of the data directory, as `placesIn` names them. */
  readonly places: FilePlaces & {
    readonly database: string;
    readonly credentials: string;
    readonly store: string;
    /** A directory of the data directory's file system, for as long as the backup is made. */
    readonly backing: string;
  };
  /** Prepares a copy of the job database for the service that will use it; the files that its jobs need. */
  readonly prepareJobs: (database: string) => Promise<readonly FileRef[]>;
  readonly sqliteBusyMs: number;
  /** The version of Trailport, for the manifest. */
  readonly program: string;
  readonly now: () => number;
  /** Called after each step, with its name. */
  readonly onStep?: (step: string) => void;
};

type Making = {
  /** `done` of `total` bytes. */
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
};

/** A file to copy: its name in the backup, where it lies, and the part of the store that it belongs to. */
type Source = { readonly name: string; readonly path: string; readonly part: string | null };

/** Files below this size are copied always: an earlier backup's are used only for parts, and not worth it for these. */
const worthLinkingBytes = 4096;
/** How often the job database is copied again because a file that the copy needs was removed meanwhile. */
const mostCopiesOfJobs = 20;

/**
 * Writes everything that was acknowledged before the call into a new directory, under a temporary name until it is
 * complete and on disk. The order makes it one moment: files of jobs, then jobs, then the store's ledger, then its rows;
 * so nothing that the jobs call done is missing, and what a later step adds belongs to jobs that will do it again. Safe to
 * repeat: a backup of this name that is complete is taken as made. Throws `backup_impossible`, `store_damaged`.
 */
export async function makeBackup(
  { directory, name }: BackupRequest,
  parts: BackupParts,
  making: Making,
): Promise<BackupResult> {
  const step = parts.onStep ?? (() => undefined);
  const final = join(directory, name);
  const { backing } = parts.places;
  // What an attempt that was cut off has left.
  await removeDirectory(backing);
  const made = await orImpossible(directory, backupIn(final));
  if (made !== null) return resultOf(made);
  const madeAt = new Date(parts.now()).toISOString();
  const partial = partialOf(final);
  await orImpossible(directory, startDirectory(partial));
  try {
    await makePrivateDirectory(backing);
    step('begun');
    const sources = [...(await copyJobs(parts, step))];
    await using frozen = await parts.store.freeze(join(backing, basename(parts.places.store)));
    step('frozen');
    for (const { name: inStore, path, part } of frozen.files) {
      sources.push({ name: `${basename(parts.places.store)}/${inStore}`, path, part });
    }
    const contents = await frozen.contents(making.signal);
    step('counted');
    const earlier = await newestBackupIn(directory).catch(() => null);
    const copied = await orImpossible(directory, copyAll(sources, partial, earlier, making, step));
    const { copiedBytes, files } = copied;
    const { schema } = frozen;
    const manifest: Manifest = { format: 1, program: parts.program, madeAt, schema, copiedBytes, contents, files };
    await orImpossible(directory, publish(partial, final, manifest, step));
    return resultOf({ path: final, manifest });
  } catch (error) {
    await removeDirectory(partial).catch(() => undefined);
    throw error;
  } finally {
    await removeDirectory(backing);
  }
}

async function startDirectory(partial: string): Promise<void> {
  await removeDirectory(partial);
  await makePrivateDirectory(dirname(partial));
  await mkdir(partial, { mode: 0o700 });
}

/**
 * Links the files of jobs first and copies the job database after, so that a file which is removed in between is there.
 * A file that came and went between the two steps needs another copy.
 */
async function copyJobs(
  { places, prepareJobs, sqliteBusyMs }: BackupParts,
  step: (name: string) => void,
): Promise<readonly Source[]> {
  const links = new LinkedFiles(places, places.backing);
  const database = { name: basename(places.database), path: join(places.backing, basename(places.database)) };
  for (let copies = 1; ; copies++) {
    await links.linkAll();
    step('files linked');
    await removeDirectory(database.path);
    await copySqlite(places.database, database.path, sqliteBusyMs);
    const paths = await links.pathsOf(await prepareJobs(database.path));
    step('jobs copied');
    if (paths !== null) {
      const sources = [database, ...paths.map((path) => ({ name: path, path: join(places.backing, path) }))];
      const credentials = await stat(places.credentials).catch(() => null);
      if (credentials !== null) sources.push({ name: basename(places.credentials), path: places.credentials });
      return sources.map((source) => ({ ...source, part: null }));
    }
    if (copies === mostCopiesOfJobs) {
      throw new Failure('not_ready', 'Files of jobs came and went while the backup was begun; start it again.');
    }
  }
}

/** Copies every file, except those of parts of the store that an earlier backup beside this one has too. */
async function copyAll(
  sources: readonly Source[],
  to: string,
  earlier: FoundBackup | null,
  { progress, signal }: Making,
  step: (name: string) => void,
): Promise<{ readonly files: BackupFile[]; readonly copiedBytes: number }> {
  const sizes = await Promise.all(sources.map(async ({ path }) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const known = new EarlierParts(earlier);
  const files: BackupFile[] = [];
  let [done, copiedBytes] = [0, 0];
  for (const [i, { name, path, part }] of sources.entries()) {
    signal.throwIfAborted();
    const size = sizes[i]!;
    const found = part === null || size < worthLinkingBytes ? null : await known.find(name, size, part, sources);
    const target = join(to, name);
    if (found !== null && (await linkFile(join(earlier!.path, name), target))) files.push(found);
    else {
      files.push({ name, ...(await copyFile(path, target, signal)) });
      copiedBytes += size;
    }
    done += size;
    progress(done, total);
    step('file copied');
  }
  await syncDirectories(
    to,
    files.map(({ name }) => join(to, name)),
  );
  return { files, copiedBytes };
}

/** The files of an earlier backup that are known to be the same. */
class EarlierParts {
  readonly #path: string;
  readonly #files: ReadonlyMap<string, BackupFile>;
  /** By the file with the checksums of a part: whether the earlier backup has the same part. */
  readonly #same = new Map<string, Promise<boolean>>();

  constructor(earlier: FoundBackup | null) {
    this.#path = earlier?.path ?? '';
    this.#files = new Map(earlier?.manifest.files.map((file) => [file.name, file]));
  }

  /** `part` names the file with the part's checksums. The bytes are read, so that no damage is handed on. */
  async find(name: string, bytes: number, part: string, sources: readonly Source[]): Promise<BackupFile | null> {
    const file = this.#files.get(name);
    if (file === undefined || file.bytes !== bytes) return null;
    let same = this.#same.get(part);
    if (same === undefined) {
      same = this.#isSame(sources.find((source) => source.name.endsWith(`/${part}`)));
      this.#same.set(part, same);
    }
    return (await same) && (await hasBytes(join(this.#path, name), file)) ? file : null;
  }

  async #isSame(checksums: Source | undefined): Promise<boolean> {
    const file = checksums && this.#files.get(checksums.name);
    return file !== undefined && hasBytes(checksums!.path, file);
  }
}

async function publish(
  partial: string,
  final: string,
  manifest: Manifest,
  step: (name: string) => void,
): Promise<void> {
  await writePrivateFile(join(partial, manifestName), manifestText(manifest));
  step('manifest written');
  await rename(partial, final);
  step('renamed');
  await syncDirectory(dirname(final));
  step('published');
}

function resultOf({ path, manifest }: FoundBackup): BackupResult {
  const { files, contents, copiedBytes } = manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const activities = contents.filter(({ table }) => table === 'activity').reduce((sum, { rows }) => sum + rows, 0);
  return { path, activities, files: files.length, bytes, copiedBytes };
}

/** An error of the operating system at the backup's own directory is the administrator's, and no other attempt helps. */
async function orImpossible<T>(directory: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (cause instanceof Failure || code === undefined || syscall === undefined) throw cause;
    const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'its disk is full' : code;
    const message = `The backup cannot be written to ${directory} (${why}); make room or name another directory.`;
    throw new Failure('backup_impossible', message, { cause });
  }
}
