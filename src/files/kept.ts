/** A file that is open for reading. Removing it meanwhile does not end what has begun where it is on a disk. */
export type OpenFile = {
  readonly bytes: number;
  /** Names the state of the file: where it is the same, the bytes are the same. */
  readonly state: string;
  /**
   * The bytes from `start` to before `end`, in pieces that are valid until the next one is asked for. The last piece comes
   * only when the file is still in the state in which it was opened; otherwise this throws.
   */
  pieces(start: number, end: number): AsyncGenerator<Buffer, void, undefined>;
  close(): Promise<void>;
};

/**
 * Finished files under names, on a disk or in object storage. A name is used once: what is under it never changes. Throws
 * `files_unreachable` while the storage is away, and `disk_full`.
 */
export interface KeptFiles {
  /**
   * Makes a finished local file durable under a name; it is gone from its place then. Nothing is under the name before all
   * of it is, whatever ends this process. Nothing is left behind when this throws, as soon as the storage can be asked.
   */
  put(name: string, path: string): Promise<void>;
  /** Opens a file. Throws an error of its own, which is no failure, when it is gone or no file. */
  open(name: string): Promise<OpenFile>;
  /** Where the file lies on this machine, until the answer is disposed of. Throws as `open` does. */
  local(name: string): Promise<AsyncDisposable & { readonly path: string }>;
  /** One that does not exist is not an error. */
  remove(name: string): Promise<void>;
  /**
   * Removes files that are not needed, and what interrupted calls of `put` have left. `needed` is asked after the files
   * are listed. Returns how many.
   */
  removeLeftovers(needed: () => Promise<ReadonlySet<string>>): Promise<number>;
  /** Returns when files can be put and opened now; throws otherwise. */
  check(): Promise<void>;
}
