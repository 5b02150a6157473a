import type { ReportWriter } from '../task.ts';
import { addLines } from './lines.ts';

/** The original records, one a line: nothing added, nothing reordered. The columns asked for do not matter here. */
export const jsonlWriter: ReportWriter = {
  mostUnits: null,
  async write({ facts, snapshot, follow }, archive) {
    const ask = { format: 'lines', only: null } as const;
    return [await addLines(archive, 'Activity report.jsonl', snapshot, ask, facts.rows, follow)];
  },
};
