import type { RowsAsk } from '../ask.ts';
import { hasLong, mayBeLong } from '../long.ts';
import { type RowsQuery, rowTemplate } from '../query.ts';

/** The original records, one a line: nothing added, nothing reordered. */
export function linesQuery({ only }: Extract<RowsAsk, { readonly format: 'lines' }>): RowsQuery {
  return {
    select: 'raw',
    format: 'Template',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the engine's own placeholder
    settings: rowTemplate('${raw:Raw}\n'),
    where: only === null ? null : hasLong(only),
    whereLean: only === null ? null : mayBeLong(only),
    raw: true,
    parameters: {},
  };
}
