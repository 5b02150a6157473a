import type { Activity } from '../../domain/activity.ts';
import { managementActivity } from './management.ts';
import { isObject, isoTime, type JsonObject, type Unusable } from './member.ts';

/**
 * A Microsoft Graph auditLogRecord as an activity. Its audit data decides; the row fills what that lacks: `clientIp`,
 * for one, is often null while auditData.ClientIP is there. `userPrincipalName` is the UserId, `userId` the UserKey.
 */
export function graphActivity(row: JsonObject, raw: string): Activity | Unusable {
  return managementActivity(isObject(row.auditData) ? row.auditData : {}, raw, {
    record: {
      Id: row.id,
      CreationTime: row.createdDateTime,
      UserId: row.userPrincipalName,
      UserType: row.userType,
      Operation: row.operation,
      Workload: row.service,
      ObjectId: row.objectId,
      ClientIP: row.clientIp,
      RecordType: row.auditLogRecordType,
    },
    timeMember: 'createdDateTime',
    readTime: isoTime,
  });
}
