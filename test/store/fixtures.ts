import { parse } from 'csv-parse/sync';
import type { ColumnName } from '../../src/domain/columns.ts';
import { noFilters } from '../../src/domain/filters.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { Selection } from '../../src/domain/selection.ts';
import type { Snapshot } from '../../src/store/store.ts';

/** Everything that Contoso did in Microsoft 365. */
export const everything: Selection = {
  tenant: 'contoso' as TenantId,
  source: 'microsoft365',
  ...noFilters,
  period: { fromMs: null, untilMs: null },
};

export const job = (id: number) => id as JobId;

/** The rows of a snapshot as texts, in its order. Times are ISO 8601. */
export async function rowsOf(snapshot: Snapshot, columns: readonly ColumnName[] = ['activityId']): Promise<string[][]> {
  const ask = {
    format: 'csv',
    columns,
    timeZone: null,
    formulas: { starts: '\ufffe', skipped: '', prefix: '' },
  } as const;
  let text = '';
  for await (const { bytes } of snapshot.stream(ask, new AbortController().signal)) text += Buffer.from(bytes);
  return parse(text);
}
