import type { Activity } from '../domain/activity.ts';
import { objectKeyFor, userKeyFor } from '../domain/selection.ts';
import { careFor } from './rows/care.ts';

/**
 * Activities as the bytes that the store inserts: JSON, one a line, with the columns that are derived from the others.
 * Pure, and loads no engine, so that a thread which reads a file can do this part too.
 */
export function encodedActivities(activities: readonly Activity[]): Buffer {
  const lines = activities.map((activity) =>
    JSON.stringify({
      ...activity,
      userKey: userKeyFor(activity.user),
      objectKey: objectKeyFor(activity.object),
      care: careFor(activity),
    }),
  );
  return Buffer.from(lines.join('\n'));
}
