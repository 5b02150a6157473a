import { SingleBar } from 'cli-progress';

/** Where a command reads and writes: a process's own streams, or a test's. */
export type Terminal = {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether `stderr` is a terminal: only then is progress shown. */
  readonly isTerminal: boolean;
  /** Aborts when the person at the machine has had enough (Ctrl-C). */
  readonly signal: AbortSignal;
};

/** A progress bar, or nothing where nobody watches. `fraction` is 0 to 1, null while nothing is known. */
export type Bar = Disposable & { show(fraction: number | null, note: string): void };

export function barFor(terminal: Terminal, label: string): Bar {
  if (!terminal.isTerminal) return { show: () => {}, [Symbol.dispose]: () => {} };
  const bar = new SingleBar({
    stream: terminal.stderr,
    format: `${label} {bar} {percent} {note}`,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the program's to handle: it restores the cursor by disposing of the bar.
    gracefulExit: false,
  });
  bar.start(1000, 0, { percent: '', note: '' });
  return {
    show: (fraction, note) => {
      const percent = fraction === null ? '' : `${Math.floor(fraction * 100)}%`;
      bar.update(Math.round((fraction ?? 0) * 1000), { percent, note });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}

/** A table for people: a head, rows, columns two spaces apart; columns whose cells are all numbers stand right. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const numeric = head.map((_, column) => rows.every((row) => /^[0-9,.]*$/.test(row[column] ?? '')));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** `1,234,567`, the same in every locale. */
export function counted(number: number): string {
  return number.toLocaleString('en-US');
}

/** `0 bytes`, `12.3 MiB`. */
export function sized(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
