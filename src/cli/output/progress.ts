import { SingleBar } from 'cli-progress';
import { formatSeconds, printable, shortenText } from '../../kit/print.ts';
import type { Terminal } from '../terminal.ts';

/** A progress bar; it shows nothing where standard error is not a terminal. */
export type Bar = Disposable & {
  /**
   * `fraction` is 0 to 1, null while it is unknown. The time left is `secondsLeft` where the service knows it, else it
   * is computed from the speed so far.
   */
  show(fraction: number | null, note: string, secondsLeft?: number | null): void;
};

const widestLabel = 24;

export function barFor(terminal: Terminal, label: string): Bar {
  if (!terminal.isTerminal) return { show: () => {}, [Symbol.dispose]: () => {} };
  const bar = new SingleBar({
    stream: terminal.stderr,
    format: `${shortenText(printable(label), widestLabel).replaceAll('{', '(')} {bar} {facts}`,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    // The program handles Ctrl-C: disposing of the bar restores the cursor.
    gracefulExit: false,
  });
  const startedMs = performance.now();
  bar.start(1000, 0, { facts: '' });
  return {
    show: (fraction, note, secondsLeft) => {
      const percent = fraction === null ? null : `${Math.floor(fraction * 100)}%`;
      const left = secondsLeft === undefined ? secondsLeftAt(fraction, performance.now() - startedMs) : secondsLeft;
      const time = left === null ? null : `about ${formatSeconds(left)} left`;
      const facts = [percent, note, time].filter((fact) => fact !== null && fact !== '').join(', ');
      bar.update(Math.round((fraction ?? 0) * 1000), { facts });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}

/** At the speed so far; null in the first second, when it says little. */
function secondsLeftAt(fraction: number | null, elapsedMs: number): number | null {
  if (fraction === null || fraction <= 0 || fraction >= 1 || elapsedMs < 1000) return null;
  return ((elapsedMs / fraction) * (1 - fraction)) / 1000;
}
