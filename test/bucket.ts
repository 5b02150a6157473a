import { startFauxqs } from 'fauxqs';
import type { BucketPlace } from '../src/domain/bucket.ts';
import { freePort } from '../src/kit/port.ts';

type Server = Awaited<ReturnType<typeof startFauxqs>>;

/** A server that speaks the protocol of S3, in this process, with one bucket, in memory or in a directory. */
export class TestBucket implements AsyncDisposable {
  readonly #port: number;
  readonly #directory: string | null;
  #server: Server | null = null;

  private constructor(port: number, directory: string | null) {
    this.#port = port;
    this.#directory = directory;
  }

  static async start(directory: string | null = null): Promise<TestBucket> {
    const bucket = new TestBucket(await freePort('127.0.0.1'), directory);
    await bucket.resume();
    return bucket;
  }

  get place(): BucketPlace {
    return {
      bucket: 'trailport',
      prefix: 'some/where/',
      endpoint: `http://127.0.0.1:${this.#port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'only for tests' },
    };
  }

  /** The settings of a program that uses it. */
  get env(): NodeJS.ProcessEnv {
    return {
      TRAILPORT_FILES_URL: `s3://${this.place.bucket}/some/where`,
      TRAILPORT_FILES_ENDPOINT: this.place.endpoint ?? '',
      TRAILPORT_FILES_ACCESS_KEY_ID: 'key',
      TRAILPORT_FILES_SECRET_ACCESS_KEY: 'only for tests',
    };
  }

  /** Ends the server. Where it has no directory, what it keeps is gone. */
  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
  }

  async resume(): Promise<void> {
    this.#server ??= await startFauxqs({
      port: this.#port,
      logger: false,
      ...(this.#directory === null ? {} : { s3StorageDir: this.#directory }),
    });
    this.#server.createBucket('trailport');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
