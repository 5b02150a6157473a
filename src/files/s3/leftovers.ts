import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';

type Folder = { readonly Bucket: string; readonly Prefix: string };

/**
 * Removes objects of a folder that are older than `leastMs` and not needed, and gives up uploads that are as old. Ages are
 * by the storage's own clock. Returns how many.
 */
export async function removeOld(
  client: S3Client,
  folder: Folder,
  leastMs: number,
  needed: () => Promise<ReadonlySet<string>>,
): Promise<number> {
  const nowMs = clockOf(client);
  const isOld = (at: Date | undefined) => at !== undefined && nowMs() - at.getTime() >= leastMs;
  const old: string[] = [];
  for await (const { Key, LastModified } of objectsIn(client, folder)) {
    if (Key !== undefined && isOld(LastModified)) old.push(Key);
  }
  let removed = 0;
  if (old.length > 0) {
    const names = await needed();
    for (const Key of old) {
      if (names.has(Key.slice(folder.Prefix.length))) continue;
      await client.send(new DeleteObjectCommand({ Bucket: folder.Bucket, Key }));
      removed++;
    }
  }
  for await (const { Key, UploadId, Initiated } of uploadsIn(client, folder)) {
    if (!isOld(Initiated)) continue;
    await client.send(new AbortMultipartUploadCommand({ Bucket: folder.Bucket, Key, UploadId }));
    removed++;
  }
  return removed;
}

async function* objectsIn(client: S3Client, folder: Folder) {
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ ...folder, ...(ContinuationToken === undefined ? {} : { ContinuationToken }) }),
    );
    yield* page.Contents ?? [];
    ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}

async function* uploadsIn(client: S3Client, folder: Folder) {
  let next: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (next !== null) {
    const page: Awaited<ReturnType<typeof list>> = await list(client, folder, next);
    yield* page.Uploads ?? [];
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    next =
      page.IsTruncated === true && KeyMarker !== undefined && UploadIdMarker !== undefined
        ? { KeyMarker, UploadIdMarker }
        : null;
  }
}

function list(client: S3Client, folder: Folder, from: { KeyMarker?: string; UploadIdMarker?: string }) {
  return client.send(new ListMultipartUploadsCommand({ ...folder, ...from }));
}

/** What the storage's clock said last (`Date`, RFC 9110 §6.6.1); 0 before it has said anything, so that nothing is old. */
function clockOf(client: S3Client): () => number {
  let ms = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      ms = Date.parse(headers?.date ?? '') || ms;
      return result;
    },
    { step: 'deserialize', name: 'clockOfTheStorage', override: true },
  );
  return () => ms;
}
