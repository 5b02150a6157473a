/** Where a command reads and writes: the streams of the process, or of a test. */
export type Terminal = {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether `stderr` is a terminal: only then is progress shown. */
  readonly isTerminal: boolean;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
};

/** How many columns the answer may have: those of a terminal; null for a file or another program. */
export function widthOf({ stdout }: Terminal): number | null {
  return (stdout as Partial<NodeJS.WriteStream>).columns ?? null;
}
