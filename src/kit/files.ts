import { constants, type PathLike } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A new file of our own (0600) that must not exist yet, for reading and writing. */
export function createPrivateFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
}

/**
 * Makes a directory (0700) and the ones above it. Not by mkdir's own `recursive`: where a file system says ENOENT to a
 * new directory in one that is there, as /proc does, Node 26 goes round between the two for ever.
 */
export async function makePrivateDirectory(path: string): Promise<string> {
  try {
    await makeOrFind(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makePrivateDirectory(dirname(path));
    await makeOrFind(path);
  }
  return path;
}

async function makeOrFind(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const found = await stat(path).catch(() => null);
    if (!found?.isDirectory()) throw error;
  }
}

/** Makes a directory's entries durable: a rename is one only then. */
export async function syncDirectory(path: PathLike): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Gives a written and fsynced file its final name, durably. Both names are in one directory. */
export async function publish(temporary: string, final: string): Promise<void> {
  await rename(temporary, final);
  await syncDirectory(dirname(final));
}

/** Replaces a small file whole or not at all (0600). */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await createPrivateFile(temporary);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await publish(temporary, path);
}
