import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createPrivateFile, makePrivateDirectory, syncDirectory } from '../kit/files.ts';
import { piecesOf, sha256Of } from '../kit/sha256.ts';

export type Copied = { readonly bytes: number; readonly sha256: string };

/** Copies a file that does not change to a new name, durably, and answers with what was written. */
export async function copyFile(from: string, to: string, signal: AbortSignal): Promise<Copied> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await source.stat();
    await makePrivateDirectory(dirname(to));
    const copy = await createPrivateFile(to);
    try {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const piece of piecesOf(source.fd, 0, size)) {
        signal.throwIfAborted();
        hash.update(piece);
        await copy.writeFile(piece);
        bytes += piece.length;
      }
      await copy.sync();
      return { bytes, sha256: hash.digest('hex') };
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

/** Whether a file has these bytes. False when it is gone. */
export async function hasBytes(path: string, { bytes, sha256 }: Copied): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (file === null) return false;
  try {
    return (await file.stat()).size === bytes && (await sha256Of(file.fd, 0, bytes)) === sha256;
  } finally {
    await file.close();
  }
}

/** A second name of a file, in the same file system; false where there can be none. */
export async function linkFile(from: string, to: string): Promise<boolean> {
  await makePrivateDirectory(dirname(to));
  try {
    await link(from, to);
    return true;
  } catch (error) {
    // EMLINK: the file has as many names as it can have.
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return false;
    }
    throw error;
  }
}

/** Makes the entries of directories durable, and of those above them up to `root`. */
export async function syncDirectories(root: string, files: Iterable<string>): Promise<void> {
  const directories = new Set<string>([root]);
  for (const file of files) {
    for (let at = dirname(file); at !== root && at.startsWith(root); at = dirname(at)) directories.add(at);
  }
  for (const directory of directories) await syncDirectory(directory);
}
