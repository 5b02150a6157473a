import type { Activity } from '../../src/domain/activity.ts';

/** An activity for tests: a file that Megan read, a second later for every number. */
export function activity(number: number, over: Partial<Activity> = {}): Activity {
  return {
    source: 'microsoft365',
    activityId: `id-${String(number).padStart(8, '0')}`,
    timeMs: Date.UTC(2026, 0, 1) + number * 1000,
    user: 'megan@contoso.example',
    userType: 'Regular',
    activity: 'FileAccessed',
    service: 'SharePoint',
    itemType: 'File',
    item: `plan-${number}.docx`,
    object: `https://contoso.sharepoint.example/sites/team1/plan-${number}.docx`,
    site: 'https://contoso.sharepoint.example/sites/team1/',
    result: 'Succeeded',
    clientIp: '192.0.2.7',
    userAgent: 'Mozilla/5.0',
    recordType: 'SharePointFileOperation',
    raw: JSON.stringify({ Id: number }),
    ...over,
  };
}
