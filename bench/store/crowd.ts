/** What generated activities are like: who does them, to what, and when. */
export type Crowd = 'small tenant' | 'large tenant';

/** The expressions, over `number`, that differ between crowds. */
type CrowdSql = {
  readonly user: string;
  readonly site: string;
  readonly file: string;
  readonly timeMs: (rows: number) => string;
};

const some = (salt: number, count: number) => `sipHash64(number, ${salt}) % ${count}`;
/** Numbers below `count`; small ones are frequent. */
const few = (salt: number, count: number) => `toUInt32(pow((${some(salt, 1_000_000)}) / 1000000, 3) * ${count})`;

const startMs = Date.UTC(2025, 0, 1);
const dayMs = 86_400_000;
const largeTenantDays = 730;

const crowds: Record<Crowd, CrowdSql> = {
  // 3,000 users, 400 sites, 60,000 files; an activity every 8 s.
  'small tenant': {
    user: few(1, 3000),
    site: few(2, 400),
    file: few(4, 60_000),
    timeMs: () => `toInt64(${Date.UTC(2026, 0, 1)} + number * 8000 + ${some(6, 7000)})`,
  },
  // 20,000 users in 3,000 sites of 400 files each, over two years. The first user does 5 % of all, the last ones nearly
  // nothing, and everybody works in 12 sites at most. Days have a busy middle.
  'large tenant': {
    user: `toUInt32((1 - sqrt(1 - pow((${some(1, 1_000_000_000)}) / 1000000000, 3))) * 20000)`,
    site: `toUInt32(pow((sipHash64(u, ${few(2, 12)}, 3) % 1000000) / 1000000, 3) * 3000)`,
    file: few(4, 400),
    timeMs: (rows) => {
      const days = `number * ${largeTenantDays / rows}`;
      const ofDay = `(${days} - floor(${days}))`;
      return `toInt64(${startMs} + floor(${days}) * ${dayMs} + (${ofDay} + 0.12 * sin(2 * pi() * ${ofDay})) * ${dayMs} + ${some(6, 7000)})`;
    },
  },
};

const names = `['Quarterly report', 'Budget', 'Meeting notes', 'Product roadmap', 'Invoice', 'Customer list', 'Vertrag',
  'Présentation', '議事録', 'Design review', 'Onboarding & training', 'Pricing <draft>']`;
const endings = "['docx', 'xlsx', 'pptx', 'pdf', 'txt', 'png', 'one', 'csv']";
const activities = `['FileAccessed', 'FileModified', 'FileDownloaded', 'FileUploaded', 'FilePreviewed', 'PageViewed',
  'FileDeleted', 'FileRenamed', 'SharingSet', 'SharingInvitationCreated', 'ListViewed', 'FolderCreated',
  'FileSyncDownloadedFull', 'MailItemsAccessed', 'Send', 'UserLoggedIn', 'ListItemUpdated', 'FileMoved',
  'AnonymousLinkUsed', 'Search']`;

/** What is generated, by the names that an incoming activity has. */
const values = {
  activityId: 'toString(reinterpretAsUUID(sipHash128(number, 12)))',
  user: "concat('user', toString(u), '@contoso.example')",
  userType: "if(u % 50 = 0, 'Admin', 'Regular')",
  activity: 'activities[a + 1]',
  service: "['SharePoint', 'OneDrive', 'Exchange'][if(a > 12, 3, a % 2 + 1)]",
  itemType: "if(a % 5 = 4, 'Folder', 'File')",
  item: "concat(names[f % 12 + 1], ' ', toString(f), '.', endings[f % 8 + 1])",
  site: "concat('https://contoso.sharepoint.example/sites/team', toString(s))",
  object: "concat(site, '/Shared Documents/General/', toString(f % 97), '/', item)",
  result: "if(a % 2 = 0, 'Succeeded', '')",
  clientIp: "concat('203.0.', toString(u % 113), '.', toString((u * 7 + ip) % 250))",
  userAgent:
    "concat('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', toString(110 + u % 40), '.0.0.0 Safari/537.36')",
  recordType: "if(a > 12, 'ExchangeItem', 'SharePointFileOperation')",
} as const;

const record = `concat('{"CreationTime":"', formatDateTime(fromUnixTimestamp64Milli(timeMs, 'UTC'), '%FT%T'), '","Id":"', activityId,
  '","Operation":"', activity, '","OrganizationId":"b86ab9d4-fcf1-4b11-8a06-7a8f91b47fbd","RecordType":6,"UserKey":"i:0h.f|membership|1003200',
  toString(u), '@live.com","UserType":0,"Version":1,"Workload":"', service, '","ClientIP":"', clientIp, '","ObjectId":"', object,
  '","UserId":"', user, '","CorrelationId":"', lower(hex(sipHash128(number, 11))), '","EventSource":"SharePoint","ItemType":"File",',
  '"ListId":"d2d3', toString(s), '","UserAgent":"', userAgent, '","WebId":"a83', toString(s), '","SiteUrl":"', site,
  '/","SourceFileName":"', item, '"}')`;

/** The rows from `from` to before `to` of `rows` generated ones, as an INSERT into the columns of incoming activities. */
export function insertGenerated(
  into: string,
  crowd: Crowd,
  raw: 'whole' | 'short',
  { from, to, rows }: { readonly from: number; readonly to: number; readonly rows: number },
): string {
  const { user, site, file, timeMs } = crowds[crowd];
  const columns = ['timeMs', ...Object.keys(values)];
  return `INSERT INTO ${into} (source, ${columns.join(', ')}, raw, row)
    WITH ${activities} AS activities, ${names} AS names, ${endings} AS endings,
      ${user} AS u, ${site} AS s, ${few(3, 20)} AS a, ${file} AS f, ${few(5, 3)} AS ip,
      ${timeMs(rows)} AS timeMs,
      ${Object.entries(values)
        .map(([name, sql]) => `${sql} AS ${name}`)
        .join(', ')}
    SELECT 'microsoft365', ${columns.join(', ')}, ${raw === 'whole' ? record : "'{}'"}, number - ${from}
    FROM numbers_mt(${from}, ${to - from}) SETTINGS max_insert_threads = 2`;
}
