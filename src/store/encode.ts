import type { Activity } from '../domain/activity.ts';
import { mostRows } from './moment.ts';

/**
 * Activities as the bytes that the store inserts: JSON, one a line, with the place of each. Pure, and loads no engine, so
 * that a thread which reads a file can do this part too. Throws RangeError for more than `mostRows`.
 */
export function encodedActivities(activities: readonly Activity[]): Buffer {
  if (activities.length > mostRows) throw new RangeError(`A write holds at most ${mostRows} activities.`);
  return Buffer.from(activities.map((activity, row) => JSON.stringify({ ...activity, row })).join('\n'));
}
