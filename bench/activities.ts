import { join } from 'node:path';
import type { TenantId } from '../src/domain/ids.ts';
import { Engine } from '../src/store/engine/engine.ts';
import { firstVersionOf, mostRows } from '../src/store/moment.ts';
import { openLedger } from '../src/store/schema/open.ts';
import { endMove, takeOver } from '../src/store/schema/schema-2.ts';
import { Store } from '../src/store/store.ts';

/** What one tenant's generated activities are like. */
export type Crowd = { readonly tenant: TenantId; readonly rows: number; readonly raw: 'whole' | 'short' };

/**
 * Makes a store of generated activities, in the engine itself since that takes seconds. They are like a year of a
 * tenant: 3,000 users (few of them do most), 400 sites, 60,000 files, 20 activities, random ids, half of the results
 * empty. The parts are merged as they are in a store that has had a quiet hour.
 */
export async function makeStore(directory: string, crowds: readonly Crowd[]): Promise<void> {
  await openOnce(directory);
  {
    using engine = new Engine(join(directory, 'engine'));
    for (const { tenant, rows, raw } of crowds) await insertWritten(engine, insertSql(rows, raw), { tenant });
    await engine.run('OPTIMIZE TABLE trailport.activity FINAL');
    await takeOverRows(engine, directory);
    for (const table of ['by_user', 'by_object', 'identity'])
      await engine.run(`OPTIMIZE TABLE trailport.${table} FINAL`);
  }
  await openOnce(directory);
}

async function openOnce(directory: string): Promise<void> {
  await (await Store.open(directory))[Symbol.asyncDispose]();
}

/** Runs an INSERT into `activity` whose versions count up from `firstVersion`. */
export async function insertWritten(engine: Engine, sql: string, bindings = {}): Promise<void> {
  await engine.run(sql, { ...bindings, firstVersion: firstVersionOf((await lastWriteOf(engine)) + 1) });
}

/** Makes everything else in the store agree with the rows of `activity`, as the move from the second schema does. */
export async function takeOverRows(engine: Engine, directory: string): Promise<void> {
  await using ledger = openLedger(directory);
  await takeOver(engine, ledger, await lastWriteOf(engine), () => undefined);
  await endMove(engine, ledger);
}

async function lastWriteOf(engine: Engine): Promise<number> {
  const [found] = await engine.rows<[string | number]>('SELECT max(version) FROM trailport.activity');
  return Math.floor(Number(found?.[0] ?? 0) / mostRows);
}

function insertSql(rows: number, raw: Crowd['raw']): string {
  const some = (salt: number, count: number) => `sipHash64(number, ${salt}) % ${count}`;
  const few = (salt: number, count: number) => `toUInt32(pow((${some(salt, 1_000_000)}) / 1000000, 3) * ${count})`;
  const texts = {
    user: "concat('user', toString(u), '@contoso.example')",
    userType: "if(u % 50 = 0, 'Admin', 'Regular')",
    activity: 'activities[a + 1]',
    service: "['SharePoint', 'OneDrive', 'Exchange'][if(a > 12, 3, a % 2 + 1)]",
    itemType: "if(a % 5 = 4, 'Folder', 'File')",
    item: "concat(names[f % 12 + 1], ' ', toString(f), '.', endings[f % 8 + 1])",
    object: "concat(site, '/Shared Documents/General/', toString(f % 97), '/', item)",
    site: "concat('https://contoso.sharepoint.example/sites/team', toString(s))",
    result: "if(a % 2 = 0, 'Succeeded', '')",
    clientIp: "concat('203.0.', toString(u % 113), '.', toString((u * 7 + ip) % 250))",
    userAgent:
      "concat('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', toString(110 + u % 40), '.0.0.0 Safari/537.36')",
    recordType: "if(a > 12, 'ExchangeItem', 'SharePointFileOperation')",
    activityId: 'toString(generateUUIDv4(number))',
  };
  const record = `concat('{"CreationTime":"', replaceOne(toString(time), ' ', 'T'), '","Id":"', activityId, '","Operation":"', activity,
    '","OrganizationId":"b86ab9d4-fcf1-4b11-8a06-7a8f91b47fbd","RecordType":6,"UserKey":"i:0h.f|membership|1003200', toString(u),
    '@live.com","UserType":0,"Version":1,"Workload":"', service, '","ClientIP":"', clientIp, '","ObjectId":"', object, '","UserId":"', user,
    '","CorrelationId":"', lower(hex(sipHash128(number, 11))), '","EventSource":"SharePoint","ItemType":"File","ListId":"d2d3', toString(s),
    '","UserAgent":"', userAgent, '","WebId":"a83', toString(s), '","SiteUrl":"', site, '/","SourceFileName":"', item, '"}')`;
  return `
    INSERT INTO trailport.activity (tenant, source, time, activity_id, user, user_type, activity, service, item_type, item,
      object, site, result, client_ip, user_agent, record_type, raw, user_key, object_key, care, rules, rank, import_id, version)
    WITH
      ['FileAccessed', 'FileModified', 'FileDownloaded', 'FileUploaded', 'FilePreviewed', 'PageViewed', 'FileDeleted',
       'FileRenamed', 'SharingSet', 'SharingInvitationCreated', 'ListViewed', 'FolderCreated', 'FileSyncDownloadedFull',
       'MailItemsAccessed', 'Send', 'UserLoggedIn', 'ListItemUpdated', 'FileMoved', 'AnonymousLinkUsed', 'Search'] AS activities,
      ['Quarterly report', 'Budget', 'Meeting notes', 'Product roadmap', 'Invoice', 'Customer list', 'Vertrag',
       'Présentation', '議事録', 'Design review', 'Onboarding & training', 'Pricing <draft>'] AS names,
      ['docx', 'xlsx', 'pptx', 'pdf', 'txt', 'png', 'one', 'csv'] AS endings,
      ${few(1, 3000)} AS u, ${few(2, 400)} AS s, ${few(3, 20)} AS a, ${few(4, 60_000)} AS f, ${few(5, 3)} AS ip,
      toDateTime64('2026-01-01 00:00:00.000', 3, 'UTC') + toIntervalMillisecond(number * 8000 + ${some(6, 7000)}) AS time,
      ${Object.entries(texts)
        .map(([name, sql]) => `${sql} AS ${name}`)
        .join(', ')}
    SELECT {tenant:String}, 'microsoft365', time, activityId, user, userType, activity, service, itemType, item, object,
      site, result, clientIp, userAgent, recordType, ${raw === 'whole' ? record : "'{}'"}, '', '', 0, 0, number, 1,
      {firstVersion:UInt64} + number
    FROM numbers(${rows})
    SETTINGS max_partitions_per_insert_block = 0`;
}
