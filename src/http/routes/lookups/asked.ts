import type { Source } from '../../../domain/activity.ts';
import type { TenantId } from '../../../domain/ids.ts';
import { periodFromBounds } from '../../../domain/period.ts';
import type { Selection } from '../../../domain/selection.ts';
import { type AskedFilters, filtersFrom, withPlusOfZone } from '../exports/export-request.ts';

/** The selection of a query. Throws `parameter_invalid` for times and filters that cannot be. */
export function selectionFrom(
  tenant: TenantId,
  query: AskedFilters & {
    readonly source: Source;
    readonly from?: string | undefined;
    readonly until?: string | undefined;
  },
): Selection {
  const { source, from, until } = query;
  const bound = (text: string | undefined) => (text === undefined ? null : withPlusOfZone(text));
  return { tenant, source, period: periodFromBounds(bound(from), bound(until)), ...filtersFrom(query) };
}
