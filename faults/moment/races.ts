import { unzipped } from '../../test/story/workbook.ts';
import { digestOf, filtersOf, type History, recordOf, type Scope, scopes, type View } from './history.ts';

/** What was read of a scope, all of one state, and which it may be: that after write `from` up to that after `to`. */
export type Reading = {
  readonly what: string;
  readonly scope: Scope;
  readonly found: readonly Partial<View>[];
  readonly from: number;
  readonly to: number;
};

/** The readings that equal no state they may. */
export function wrongIn(readings: readonly Reading[], { states }: History): string[] {
  return readings.flatMap(({ what, scope, found, from, to }) => {
    const may = states.slice(from, to + 1).map((state) => state[scope]);
    if (may.some((view) => found.every((part) => isPartOf(part, view)))) return [];
    const rows = found.map((part) => part.rows ?? '?');
    return [
      `${scope}, ${what}: ${rows} rows, which is no state after writes ${from} to ${to} (${may.map((view) => view.rows)})`,
    ];
  });
}

function isPartOf(part: Partial<View>, view: View): boolean {
  return (Object.keys(part) as (keyof View)[]).every((name) => part[name] === view[name]);
}

/** How many writes have begun and how many are whole; readers wait for the next. */
export class Progress {
  begun = 0;
  whole = 0;
  ended = false;
  #next = Promise.withResolvers<void>();

  begin(): void {
    this.begun++;
  }

  end(): void {
    this.whole++;
    this.#wake();
  }

  endAll(): void {
    this.ended = true;
    this.#wake();
  }

  /** Until so many writes more are whole, or no more come. */
  async pass(writes: number): Promise<void> {
    const wanted = this.whole + writes;
    while (this.whole < wanted && !this.ended) await this.#next.promise;
  }

  #wake(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }
}

/** The part of a started program that the race needs. */
type Service = {
  import(body: string): Promise<Readonly<Record<string, unknown>>>;
  json<T>(path: string, init: RequestInit): Promise<T>;
  ended(jobId: number): Promise<{ readonly jobStatus: number; readonly message: string }>;
  download(jobId: number): Promise<Buffer>;
};

/** Whole exports of the started program, all the time while files are imported; each file is one write. */
export async function raceProgram(service: Service, history: History, goOn: () => boolean): Promise<Reading[]> {
  const progress = new Progress();
  const readings: Reading[] = [];
  const write = async () => {
    try {
      while (goOn()) {
        const lines = history.next().map(recordOf);
        progress.begin();
        const { state } = await service.import(lines.join('\n'));
        if (state !== 'finished') throw new Error(`An import ended ${state}.`);
        progress.end();
      }
    } finally {
      progress.endAll();
    }
  };
  let turn = 0;
  const read = async () => {
    while (!progress.ended) {
      const scope = scopes[turn++ % scopes.length]!;
      const from = progress.whole;
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
      const body = JSON.stringify({ source: 'microsoft365', format: 'jsonl', ...filtersOf(scope) });
      const { jobId } = await service.json<{ jobId: number }>('/insights/exports', { method: 'POST', body, headers });
      const { jobStatus, message } = await service.ended(jobId);
      const to = progress.begun;
      if (jobStatus !== 2) throw new Error(`An export failed: ${message}`);
      const files = await unzipped(await service.download(jobId));
      const { rows, complete } = JSON.parse(String(files.get('manifest.json'))) as { rows: number; complete: boolean };
      const found = [{ rows, sha256: digestOf(files.get('Activity report.jsonl')!) }];
      readings.push({ what: `export ${jobId}${complete ? ', complete' : ''}`, scope, found, from, to });
    }
  };
  await Promise.all([write(), read(), read(), read()]);
  return readings;
}
