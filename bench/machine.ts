import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** One line of a bench. Lines with a target say whether it holds. */
export type BenchRow = {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly target: number | null;
  readonly holds: boolean | null;
};

/** What a bench file exports as `run`: its lines, and what a reader has to know to believe them. */
export type BenchResult = { readonly rows: readonly BenchRow[]; readonly notes: readonly string[] };
export type Bench = { run(say: (what: string) => void, stores: LargeStores): Promise<BenchResult> };

/** Of benches over large stores: how many million activities each has, and the directory that keeps them; null: default. */
export type LargeStores = { readonly millions: readonly number[] | null; readonly directory: string | null };

export function measured(name: string, unit: string, value: number): BenchRow {
  return { name, unit, value: rounded(value), target: null, holds: null };
}

export function atLeast(name: string, unit: string, value: number, target: number): BenchRow {
  return { name, unit, value: rounded(value), target, holds: value >= target };
}

export function atMost(name: string, unit: string, value: number, target: number): BenchRow {
  return { name, unit, value: rounded(value), target, holds: value <= target };
}

/** The machine in a line: figures of two machines are not to be compared. */
export function machine(): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${gib} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`;
}

/** The middle one: a neighbour's noise makes some runs slower and none faster. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
