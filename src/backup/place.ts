import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../domain/failure.ts';
import { type Manifest, manifestFrom, manifestName } from './manifest.ts';

const prefix = 'trailport-';
/** A backup that is being written, or was cut off, has this behind its name: it is never taken for one. */
const partial = '.part';

/** The name of a backup that starts now, such as `trailport-20261125T184413Z`. */
export function backupNameFor(nowMs: number): string {
  return `${prefix}${new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')}`;
}

export function partialOf(path: string): string {
  return path + partial;
}

/** A whole backup in its directory. */
export type FoundBackup = { readonly path: string; readonly manifest: Manifest };

/** The backup in a directory, or the newest of those in its subdirectories. Throws `backup_damaged`. */
export async function findBackup(directory: string): Promise<FoundBackup> {
  const found = (await backupIn(directory)) ?? (await newestBackupIn(directory));
  if (found !== null) return found;
  const message = `${directory} holds no whole backup; name the directory that trailport backup was given, or one backup in it.`;
  throw new Failure('backup_damaged', message);
}

/** The newest whole backup of those in a directory; null when there is none. */
export async function newestBackupIn(directory: string): Promise<FoundBackup | null> {
  const names = (await readdir(directory).catch(() => []))
    .filter((name) => name.startsWith(prefix) && !name.endsWith(partial))
    .sort()
    .reverse();
  for (const name of names) {
    const found = await backupIn(join(directory, name));
    if (found !== null) return found;
  }
  return null;
}

/** The backup in a directory of its own; null when there is no manifest. Throws `backup_damaged` for a wrong one. */
export async function backupIn(path: string): Promise<FoundBackup | null> {
  if (path.endsWith(partial)) return null;
  const text = await readFile(join(path, manifestName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  return text === null ? null : { path, manifest: manifestFrom(text, path) };
}

export function removeDirectory(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
