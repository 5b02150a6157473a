import { randomUUID } from 'node:crypto';
import { constants, type PathLike } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../domain/failure.ts';

/** A new file of our own (0600) that must not exist yet, for reading and writing. */
export function createPrivateFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
}

/** A new file without a name, for reading and writing: it is gone once it is closed, or its process has ended. */
export async function createUnnamedFile(directory: string): Promise<FileHandle> {
  const path = join(directory, `${randomUUID()}.tmp`);
  const file = await createPrivateFile(path);
  await rm(path);
  return file;
}

/**
 * Makes a directory (0700) and its parents. `recursive` of mkdir is not used: where a file system answers ENOENT for a
 * new directory in an existing one, as /proc does, Node 26 tries for ever.
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

/** Makes the entries of a directory durable; a rename is durable only after this. */
export async function syncDirectory(path: PathLike): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Gives a fsynced file its final name, durably. Both names are in the same directory. */
export async function publish(temporary: string, final: string): Promise<void> {
  await rename(temporary, final);
  await syncDirectory(dirname(final));
}

/** Replaces a small file (0600) completely or not at all. */
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

/** https://sqlite.org/rescode.html: FULL, in the low byte of whatever code says more. */
const sqliteFull = 13;
/** ClickHouse's NOT_ENOUGH_SPACE. Other errors of its writes say it with the words of the operating system. */
const engineFull = 243;

/** Whether an error, from any source, means that a disk or a quota is full. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof Failure) return error.code === 'disk_full';
  const { code, errcode, clickhouseCode, message, cause } = (error ?? {}) as {
    readonly [name in 'code' | 'errcode' | 'clickhouseCode' | 'message' | 'cause']?: unknown;
  };
  if (code === 'ENOSPC' || code === 'EDQUOT' || clickhouseCode === engineFull) return true;
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' && (errcode & 0xff) === sqliteFull) return true;
  // An error of a stream has its number in the text only.
  if (/^Code: \d+\b/.test(String(message)) || clickhouseCode !== undefined) {
    if (/^Code: 243\b|No space left on device|errno: 28\b/.test(String(message))) return true;
  }
  return cause !== undefined && cause !== error && isDiskFull(cause);
}

/** The failure to answer with when the disk is full. */
export function diskFull(cause: unknown): Failure {
  return new Failure('disk_full', 'The disk is full; free space in the data directory.', { cause });
}

/** Turns an error that means a full disk into `disk_full`; every other error stays as it is. */
export function orDiskFull(error: unknown): unknown {
  return isDiskFull(error) && !(error instanceof Failure) ? diskFull(error) : error;
}
