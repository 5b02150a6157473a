import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { sha256Of } from '../../kit/sha256.ts';
import { isGone } from './failures.ts';

export type Target = { readonly client: S3Client; readonly Bucket: string; readonly Key: string };

/** A file up to this size is one request. S3 wants parts of 5 MiB at least, and 10,000 of them at most. */
const partBytes = 8 * 2 ** 20;
const mostParts = 10_000;
/** Parts that are sent at once; each is in memory. */
const atOnce = 2;

/** Puts a local file under a key. Nothing is there before all of it is; on an error, what was sent is given up. */
export async function upload(target: Target, path: string): Promise<void> {
  const { client, Bucket, Key } = target;
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const sha256 = await sha256Of(file.fd, 0, size);
  const Metadata = { sha256 };
  if (size <= partBytes) {
    const Body = await readPart(file, 0, size);
    await client.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
    return;
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, Metadata }));
  const begun = { Bucket, Key, UploadId };
  try {
    const Parts = await sendParts(target, begun, file, size);
    await client.send(new CompleteMultipartUploadCommand({ ...begun, MultipartUpload: { Parts } }));
  } catch (error) {
    // The answer to the last request may have been lost, and the request repeated.
    if (isGone(error) && (await isThere(target, size, sha256))) return;
    // One that cannot be given up now is found with the leftovers.
    await client.send(new AbortMultipartUploadCommand(begun)).catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  { client }: Target,
  begun: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  file: FileHandle,
  size: number,
) {
  const each = Math.max(partBytes, Math.ceil(size / mostParts));
  const count = Math.ceil(size / each);
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];
  let next = 1;
  const send = async () => {
    while (next <= count) {
      const PartNumber = next++;
      const start = (PartNumber - 1) * each;
      const Body = await readPart(file, start, Math.min(each, size - start));
      const { ETag } = await client.send(new UploadPartCommand({ ...begun, PartNumber, Body }));
      parts.push({ ETag, PartNumber });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  return parts.sort((a, b) => a.PartNumber - b.PartNumber);
}

async function readPart(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, start);
  if (bytesRead === length) return buffer;
  throw new RangeError(`The file ends at ${start + bytesRead}, before ${start + length}.`);
}

async function isThere({ client, Bucket, Key }: Target, size: number, sha256: string): Promise<boolean> {
  const head = await client.send(new HeadObjectCommand({ Bucket, Key })).catch(() => null);
  return head?.ContentLength === size && head.Metadata?.sha256 === sha256;
}
