import { createUnnamedFile } from '../../../kit/files.ts';
import { ChdbEngine } from '../chdb/chdb.ts';
import type { Chunk, StreamFormat, StreamQuery } from '../engine.ts';

/** Bytes of blocks that are formatted at once. */
const atOnceBytes = 16 * 2 ** 20;

/** A process has one engine for all its formatters, since it can have one data directory open. */
let shared: { readonly engine: ChdbEngine; users: number } | null = null;

type Settings = NonNullable<StreamQuery['settings']>;

/**
 * Writes blocks of the Native format in another one, by the engine in this process: the server's own output has no marks
 * where its blocks begin and how many rows they have, and so the work of formatting is done here and not on the server.
 */
export class Formatter implements AsyncDisposable {
  readonly #scratch: string;
  #uses = false;

  /** `scratch` is a directory of its own for what lies on disk meanwhile. */
  constructor(scratch: string) {
    this.#scratch = scratch;
  }

  async *written(
    blocks: AsyncIterable<Chunk>,
    format: StreamFormat,
    settings: Settings,
    signal: AbortSignal,
  ): AsyncGenerator<Chunk> {
    let gathered: Uint8Array[] = [];
    let bytes = 0;
    for await (const block of blocks) {
      gathered.push(block.bytes);
      bytes += block.bytes.byteLength;
      if (bytes < atOnceBytes) continue;
      yield* this.#write(gathered, format, settings, signal);
      gathered = [];
      bytes = 0;
    }
    if (bytes > 0) yield* this.#write(gathered, format, settings, signal);
  }

  async *#write(
    blocks: readonly Uint8Array[],
    format: StreamFormat,
    settings: Settings,
    signal: AbortSignal,
  ): AsyncGenerator<Chunk> {
    await using file = await createUnnamedFile(this.#scratch);
    await file.writev(blocks, 0);
    const query = {
      sql: `SELECT * FROM file('/dev/fd/${file.fd}', Native)`,
      bindings: {},
      format,
      settings: { ...formatSettings(settings, true), max_threads: 1 },
    };
    yield* this.#engine().stream(query, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#uses || shared === null) return;
    this.#uses = false;
    if (--shared.users > 0) return;
    const { engine } = shared;
    shared = null;
    await engine[Symbol.asyncDispose]();
  }

  #engine(): ChdbEngine {
    shared ??= { engine: new ChdbEngine(this.#scratch), users: 0 };
    if (!this.#uses) shared.users++;
    this.#uses = true;
    return shared.engine;
  }
}

/** The settings that say how a format is written, or all others. */
export function formatSettings(settings: Settings, formats: boolean): Settings {
  const isFormat = (name: string) => /^(output_format|format|date_time_output_format)/.test(name);
  return Object.fromEntries(Object.entries(settings).filter(([name]) => isFormat(name) === formats));
}
