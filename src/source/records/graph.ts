import type { Activity } from '../../domain/activity.ts';
import { columnsOf } from './columns.ts';
import { managementActivity } from './management.ts';
import { isTypeName, typeNameInstead } from './powershell.ts';
import type { DateOrder } from './values/date-order.ts';
import { isObject, type JsonObject, type Unusable } from './values/member.ts';

/**
 * A Microsoft Graph auditLogRecord as an activity. Its audit data decides; the row fills what that lacks: `clientIp`,
 * for one, is often null while auditData.ClientIP is there. `userPrincipalName` is the UserId, `userId` the UserKey.
 */
export function graphActivity(row: JsonObject, raw: string, order: DateOrder): Activity | Unusable {
  const data = row.auditData;
  if (typeof data === 'string' && isTypeName(data)) return typeNameInstead('auditData');
  return managementActivity(isObject(data) ? data : {}, raw, order, columnsOf(row));
}
