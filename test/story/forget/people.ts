import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const anna = 'anna.erased@contoso.example';
export const bert = 'bert.kept@contoso.example';

/** One Management API record: what a user did at a minute after the first of January 2026. */
export function record(user: string, minute: number, more: object = {}): object {
  const name = user.slice(0, user.indexOf('.'));
  return {
    CreationTime: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString().slice(0, 19),
    Id: `${name}-${minute}`,
    Operation: 'FileAccessed',
    RecordType: 6,
    UserId: user,
    UserType: 0,
    Workload: 'SharePoint',
    ObjectId: `https://contoso.sharepoint.example/sites/shared/${name}-file-${minute}.docx`,
    ...more,
  };
}

/** As many records of a user, eight hours apart, so that they lie in two months. */
export function recordsOf(user: string, count: number, more: object = {}): object[] {
  return Array.from({ length: count }, (_, i) => record(user, i * 480, more));
}

export function ndjson(records: readonly object[]): string {
  return records.map((one) => JSON.stringify(one)).join('\n');
}

/** The same records as rows of an audit search export. */
export function purviewCsv(records: readonly object[]): string {
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = records.map((one) => {
    const { CreationTime, UserId, Operation } = one as Record<string, string>;
    return [`${CreationTime}.0000000Z`, UserId!, Operation!, JSON.stringify(one)].map(cell).join(',');
  });
  return ['CreationDate,UserIds,Operations,AuditData', ...lines].join('\r\n');
}

/** The files below a directory whose bytes hold a text, in any letter case. */
export function filesWith(directory: string, text: string): string[] {
  return globSync('**/*', { cwd: directory }).filter((name) => {
    const path = join(directory, name);
    return statSync(path).isFile() && readFileSync(path, 'latin1').toLowerCase().includes(text.toLowerCase());
  });
}
