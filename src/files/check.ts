import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import type { BucketPlace } from '../domain/bucket.ts';
import { type Check, inOrder, startOnce, toDo } from '../domain/check.ts';
import { failures } from '../domain/failure.ts';

/** Whether reports and received files can be written, and how many there are. */
export async function checkFiles(
  places: { readonly reports: string; readonly spool: string },
  bucket: BucketPlace | null,
): Promise<Check[]> {
  if (bucket !== null) return [await checkBucket(bucket, places.reports)];
  return [await checkDirectory('reports', places.reports), await checkDirectory('received files', places.spool)];
}

async function checkBucket(bucket: BucketPlace, scratch: string): Promise<Check> {
  const name = 'reports and received files';
  try {
    const { S3Files } = await import('./s3/s3-files.ts');
    await S3Files.open({ ...bucket, folder: 'reports', scratch }).check();
    return inOrder(name, `the bucket ${bucket.bucket} answers`);
  } catch (error) {
    return toDo(name, (error as Error).message, failures.files_unreachable.advice);
  }
}

async function checkDirectory(name: string, directory: string): Promise<Check> {
  try {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    const files = await readdir(directory);
    return inOrder(name, `${files.length} ${files.length === 1 ? 'file' : 'files'} in ${directory}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return toDo(name, `no directory ${directory}`, startOnce);
    return toDo(name, `${directory} cannot be written (${code})`, 'Give it to the user that runs the service.');
  }
}
