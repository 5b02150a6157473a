import { rowTemplate } from '../sql.ts';
import type { ReportWriter } from '../task.ts';
import { addLines } from './lines.ts';

/** The original records, one a line: nothing added, nothing reordered. Chosen columns have no say in it. */
export const jsonlWriter: ReportWriter = {
  valuesCut: null,
  async write({ facts, snapshot, follow }, archive) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the engine's own placeholder
    const query = { select: 'raw', format: 'Template', settings: rowTemplate('${raw:Raw}\n') };
    return [await addLines(archive, 'Activity report.jsonl', snapshot, query, facts.rows, follow)];
  },
};
