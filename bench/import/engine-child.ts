import { once } from 'node:events';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { literal } from '../../src/store/literal.ts';
import { ruledColumns } from '../../src/store/rules/rules.ts';
import { activityTable } from '../../src/store/schema/tables.ts';

/*
 * What the engine needs alone: one INSERT … SELECT of a file of records into the table of activities, with every column of
 * it. Prints the seconds, and after a line on its standard input, when its merges have ended, the number of parts.
 */
const [file = '', directory = ''] = process.argv.slice(2);
await using engine = new ChdbEngine(directory);
await engine.run('CREATE DATABASE trailport');
await engine.run(activityTable('activity'));

const texts = [
  'Id',
  'CreationTime',
  'UserId',
  'Operation',
  'Workload',
  'ItemType',
  'SourceFileName',
  'ObjectId',
  'SiteUrl',
  'ResultStatus',
  'ClientIP',
  'UserAgent',
];
const members = [...texts.map((name) => `${name} String`), 'UserType UInt8', 'RecordType UInt16'];
const columns = {
  tenant: "'bench'",
  source: "'microsoft365'",
  time: "parseDateTime64BestEffort(r.CreationTime, 3, 'UTC')",
  activity_id: 'r.Id',
  user: 'r.UserId',
  user_type: "transform(r.UserType, [0, 2], ['Regular', 'Admin'], toString(r.UserType))",
  activity: 'r.Operation',
  service: 'r.Workload',
  item_type: 'r.ItemType',
  item: 'r.SourceFileName',
  object: 'r.ObjectId',
  site: 'r.SiteUrl',
  result: 'r.ResultStatus',
  client_ip: 'r.ClientIP',
  user_agent: 'r.UserAgent',
  record_type: "transform(r.RecordType, [6], ['SharePointFileOperation'], toString(r.RecordType))",
  raw: 'line',
} as const;
const made = {
  ...ruledColumns,
  rank: 'bitShiftLeft(toUInt64(length(raw)), 32) + cityHash64(raw) % 1048576',
  import_id: '1',
  version: 'rowNumberInAllBlocks()',
};

const before = performance.now();
await engine.run(
  `INSERT INTO trailport.activity (${[...Object.keys(columns), ...Object.keys(made)].join(', ')})
   SELECT *, ${Object.values(made).join(', ')} FROM (
     SELECT ${Object.entries(columns)
       .map(([name, sql]) => `${sql} AS ${name}`)
       .join(', ')}
     FROM (SELECT line, JSONExtract(line, ${literal(`Tuple(${members.join(', ')})`)}) AS r
           FROM file(${literal(file)}, LineAsString, 'line String'))
   ) SETTINGS max_insert_threads = 2, max_partitions_per_insert_block = 0, async_insert = 0`,
);
process.stdout.write(`${(performance.now() - before) / 1000}\n`);
await once(process.stdin, 'data');
const [parts] = await engine.rows<[string | number, string | number]>(
  "SELECT count(), sum(rows) FROM system.parts WHERE active AND database = 'trailport' AND table = 'activity'",
);
process.stdout.write(`${JSON.stringify(parts?.map(Number))}\n`);
