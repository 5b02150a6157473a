import type { AppId, TenantId } from './ids.ts';

/** The one scope of the wire. */
export const readWriteAll = 'insights.graph.readwrite.all';

/** Who is calling, once a token has been checked. */
export type Caller = { readonly tenant: TenantId; readonly app: AppId; readonly scopes: readonly string[] };
