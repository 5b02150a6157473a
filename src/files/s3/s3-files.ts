import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { BucketPlace } from '../../domain/bucket.ts';
import { createPrivateFile, makePrivateDirectory, orDiskFull } from '../../kit/files.ts';
import type { KeptFiles, OpenFile } from '../kept.ts';
import { partial } from '../ref.ts';
import { isChanged, isGone, orUnreachable } from './failures.ts';
import { removeOld } from './leftovers.ts';
import { upload } from './upload.ts';

export type S3Options = BucketPlace & {
  /** A folder of the bucket for these files, and a directory of this machine for copies of them. */
  readonly folder: string;
  readonly scratch: string;
  /** A file that nobody needs is removed once it is so old; null: a day. Its job may not be recorded yet. */
  readonly leftoverMs?: number;
};

const connectMs = 5000;
/** The longest time until a response begins: a part of 8 MiB has to be sent before it. */
const answerMs = 120_000;
/** How long the answer to "are you there" may take. */
const checkMs = 3000;
/** A client that reads slowly holds a connection; downloads have a limit of their own. */
const mostConnections = 1200;
/** A connection that breaks in the middle of a file is made again, so often for each file. */
const mostBreaks = 5;
const dayMs = 86_400_000;

/** Finished files in a bucket of S3 or of a storage that speaks its protocol. */
export class S3Files implements KeptFiles {
  readonly #client: S3Client;
  readonly #options: S3Options;

  private constructor(client: S3Client, options: S3Options) {
    this.#client = client;
    this.#options = options;
  }

  /** Nothing is asked yet, so that a storage that is away is a failure of the first call. */
  static open(options: S3Options): S3Files {
    const { endpoint, region, credentials } = options;
    const client = new S3Client({
      region,
      // Names of buckets are no host names where the storage is somebody else's.
      ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
      ...(credentials === null ? {} : { credentials }),
      requestHandler: {
        connectionTimeout: connectMs,
        requestTimeout: answerMs,
        throwOnRequestTimeout: true,
        httpAgent: { maxSockets: mostConnections },
        httpsAgent: { maxSockets: mostConnections },
      },
    });
    return new S3Files(client, options);
  }

  async put(name: string, path: string): Promise<void> {
    try {
      await upload({ client: this.#client, ...this.#keyOf(name) }, path);
    } catch (error) {
      throw orUnreachable(error);
    }
    await rm(path, { force: true });
  }

  async open(name: string): Promise<OpenFile> {
    const { bytes, etag } = await this.#head(name);
    return {
      bytes,
      state: `${this.#keyOf(name).Key},${etag}`,
      pieces: (start, end) => this.#pieces(name, etag, start, end),
      close: async () => undefined,
    };
  }

  async local(name: string): Promise<AsyncDisposable & { readonly path: string }> {
    const { bytes, etag, sha256 } = await this.#head(name);
    const scratch = await makePrivateDirectory(this.#options.scratch);
    const path = join(scratch, `${randomUUID()}.fetched${partial}`);
    const remove = () => rm(path, { force: true });
    try {
      await using file = await createPrivateFile(path);
      const hash = createHash('sha256');
      for await (const piece of this.#pieces(name, etag, 0, bytes)) {
        hash.update(piece);
        await file.writeFile(piece);
      }
      if (hash.digest('hex') !== sha256) throw new Error('It does not have its recorded SHA-256.');
    } catch (error) {
      await remove();
      throw orDiskFull(error);
    }
    return { path, [Symbol.asyncDispose]: remove };
  }

  async remove(name: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#keyOf(name))).catch((error) => {
      if (!isGone(error)) throw orUnreachable(error);
    });
  }

  async removeLeftovers(needed: () => Promise<ReadonlySet<string>>): Promise<number> {
    const { Bucket, Key: Prefix } = this.#keyOf('');
    const { leftoverMs = dayMs } = this.#options;
    try {
      return await removeOld(this.#client, { Bucket, Prefix }, leftoverMs, needed);
    } catch (error) {
      throw orUnreachable(error);
    }
  }

  async check(): Promise<void> {
    const { bucket: Bucket } = this.#options;
    const abortSignal = AbortSignal.timeout(checkMs);
    await this.#client.send(new HeadBucketCommand({ Bucket }), { abortSignal }).catch((error) => {
      throw orUnreachable(error, true);
    });
  }

  async #head(name: string): Promise<{ readonly bytes: number; readonly etag: string; readonly sha256: string }> {
    try {
      const head = await this.#client.send(new HeadObjectCommand(this.#keyOf(name)));
      return { bytes: head.ContentLength ?? 0, etag: head.ETag ?? '', sha256: head.Metadata?.sha256 ?? '' };
    } catch (error) {
      throw isGone(error) ? new Error('It is gone.', { cause: error }) : orUnreachable(error);
    }
  }

  /** The state is that of every response: what is under a name at one moment is one object. */
  async *#pieces(name: string, etag: string, start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    let at = start;
    for (let breaks = 0; at < end; breaks++) {
      const body = await this.#get(name, etag, at, end);
      try {
        for await (const piece of body) {
          at += (piece as Buffer).length;
          yield piece as Buffer;
        }
      } catch (error) {
        if (breaks >= mostBreaks) throw orUnreachable(error);
      } finally {
        body.destroy();
      }
      if (at > end || (at < end && breaks >= mostBreaks)) throw new Error('It has other bytes than it says.');
    }
  }

  async #get(name: string, IfMatch: string, start: number, end: number): Promise<Readable> {
    const Range = `bytes=${start}-${end - 1}`;
    try {
      const { Body, ETag } = await this.#client.send(new GetObjectCommand({ ...this.#keyOf(name), IfMatch, Range }));
      const body = Body as Readable;
      if (ETag === IfMatch) return body;
      // Some storages do not know the condition.
      body.destroy();
    } catch (error) {
      if (!isChanged(error) && !isGone(error)) throw orUnreachable(error);
    }
    throw new Error('It changed while it was read.');
  }

  #keyOf(name: string): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix, folder } = this.#options;
    return { Bucket: bucket, Key: `${prefix}${folder}/${name}` };
  }
}
