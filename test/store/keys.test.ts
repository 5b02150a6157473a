import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { objectKey, userKey } from '../../src/store/rules/keys.ts';
import { ruledColumns, rulesVersion } from '../../src/store/rules/rules.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
let engine: ChdbEngine;
before(() => {
  engine = new ChdbEngine(directory);
});
after(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** Whether an export of the object `asked` takes activities on the object `stored`. */
async function takes(asked: string, stored: string): Promise<boolean> {
  const sql = `SELECT startsWith(${objectKey('stored')}, ${objectKey('asked')})
    FROM (SELECT materialize({stored:String}) AS stored, materialize({asked:String}) AS asked)`;
  const [row] = await engine.rows<[number]>(sql, { asked, stored });
  return row?.[0] === 1;
}

async function assertTakes(asked: string, below: readonly string[], not: readonly string[]): Promise<void> {
  for (const stored of [asked, ...below]) assert.ok(await takes(asked, stored), `${asked} takes ${stored}`);
  for (const stored of not) assert.ok(!(await takes(asked, stored)), `${asked} does not take ${stored}`);
}

test('a URL takes what is below it, whatever the case, percent-encoding and trailing slash', async () => {
  await assertTakes(
    'https://x.example/Sites/Team1/Shared Documents',
    [
      'HTTPS://X.example/sites/team1/Shared%20Documents/',
      'https://x.example/Sites/Team1/Shared%2520Documents/Bericht%C3%A9.docx',
      'https://x.example/Sites/Team1/Shared Documents//a',
    ],
    ['https://x.example/Sites/Team1/Shared Documents2', 'https://x.example/Sites/Team1', 'x.example/Sites/Team1', ''],
  );
  await assertTakes(
    'https://x.example/ÉTÉ',
    ['https://x.example/e\u0301te\u0301/a', 'https://x.example/%C3%89t%c3%a9'],
    [],
  );
  await assertTakes('https://x.example/ΟΔΟΣ', ['https://x.example/οδος/a'], ['https://x.example/οδο']);
  // Bytes that are no UTF-8 are compared as they are written.
  await assertTakes('https://x.example/caf%E9', ['https://x.example/CAF%e9/a'], ['https://x.example/caf%E8']);
});

test('a Windows path takes what is below it, whatever the case and the kind of slash', async () => {
  await assertTakes(
    'c:\\users\\user01',
    [
      'C:\\Users\\User01\\Desktop\\~$test.xlsx',
      'C:/Users/User01/a',
      'C:\\\\Users\\\\User01\\\\a',
      '\\\\?\\C:\\Users\\User01\\a',
    ],
    ['C:\\Users\\User010', 'C:\\Users', 'D:\\Users\\User01\\a', 'Users\\User01\\a'],
  );
  await assertTakes('C:\\', ['c:\\a', 'C:/a', 'C:'], ['D:\\a', 'c', 'C:a']);
  await assertTakes(
    '\\\\Server\\Share',
    ['\\\\server\\share\\a.txt', '//SERVER/share/b', '\\\\?\\UNC\\server\\share\\c', '\\\\\\\\server\\\\share\\\\d'],
    ['\\\\server\\share2', '\\\\other\\share\\a', 'server\\share\\a'],
  );
});

test('a directory path takes what is below it, whatever the case', async () => {
  const organizations = 'EURPR04A009.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations';
  await assertTakes(
    `${organizations}/contoso.onmicrosoft.com`,
    [
      `${organizations.toLowerCase()}/Contoso.onmicrosoft.com/SystemMailbox{0AF09B7F}`,
      `${organizations}/contoso.onmicrosoft.com/`,
    ],
    [`${organizations}/contoso.onmicrosoft.com2`, organizations],
  );
  await assertTakes('eurpr04a009.prod.outlook.com/', [organizations], ['EURPR04A010.PROD.OUTLOOK.COM/a']);
});

test('anything else is compared exactly: ids, mailboxes, mail items, lists', async () => {
  const exact = [
    'Doc-1',
    '00000002-0000-0ff1-ce00-000000000000',
    'contoso.onmicrosoft.com\\Transport Settings',
    'megan@contoso.example',
    'Inbox/Weekly report',
    'Re: 24/7',
    'a.example/b;c.example/d',
    'Unknown (Unknown)',
    '1.5/2',
    '/sites/team1',
    '',
    'AbC%20',
  ];
  for (const object of exact) {
    await assertTakes(object, [], [`${object}/a`, `${object}\\a`, `${object};a`, `${object}1`, `x${object}`]);
    if (object.toUpperCase() !== object) await assertTakes(object, [], [object.toUpperCase()]);
  }
  await assertTakes('a.example/b', [], ['a.example/b/c;d.example/e']);
});

test('users are compared without case', async () => {
  const same = async (a: string, b: string) => {
    const sql = `SELECT ${userKey('a')} = ${userKey('b')} FROM (SELECT materialize({a:String}) AS a, materialize({b:String}) AS b)`;
    return (await engine.rows<[number]>(sql, { a, b }))[0]?.[0] === 1;
  };
  assert.ok(await same('Megan@Contoso.Example', 'megan@contoso.example'));
  assert.ok(await same('JOSE\u0301', 'josé'));
  assert.ok(!(await same('megan@contoso.example', 'megan@contoso.example.org')));
  assert.ok(!(await same('strasse', 'straße')));
});

test('keys are made in time proportional to the length of a text, whatever it repeats', async () => {
  const units = [
    ...[
      'a',
      'A',
      '0',
      ' ',
      '\t',
      '\n',
      '\0',
      '/',
      '\\',
      '.',
      ';',
      '-',
      '%',
      '%25',
      '%2525',
      '%E9',
      '%C3%A9',
      'a.',
      './',
      '\\/',
    ],
    ...[
      'é',
      'É',
      '\u0301',
      '\u0301\u0323',
      'a\u0301\u0323',
      '\u1100\u1161',
      'ς',
      'İ',
      'ß',
      '議',
      '😀',
      '\ufeff',
      '\uffff',
      "'",
      '"',
    ],
  ];
  const starts = ['', 'https://', 'a://', 'C:\\', '\\\\', '//', 'a.example/', 'https://%'];
  const ends = ['', 'x', '/x', '%'];
  const msOf = async (start: string, unit: string, end: string, bytes: number) => {
    const sql = `SELECT length(${objectKey('text')}) + length(${userKey('text')})
      FROM (SELECT concat({start:String}, repeat({unit:String}, {count:UInt32}), {end:String}) AS text FROM numbers(1))`;
    const from = performance.now();
    await engine.rows(sql, {
      start,
      unit: unit.repeat(100),
      end,
      count: Math.ceil(bytes / 100 / Buffer.byteLength(unit)),
    });
    return performance.now() - from;
  };
  const slow: string[] = [];
  for (const [i, unit] of units.entries()) {
    const outer = [starts[i % starts.length]!, ends[i % ends.length]!] as const;
    for (const [start, end] of [['', ''], outer, ['https://', 'x']] as const) {
      const large = await msOf(start, unit, end, 2 ** 20);
      // Quadratic, a megabyte takes seconds; only then is it worth looking at how the time grows.
      if (large < 300) continue;
      const runs = [];
      for (let run = 0; run < 3; run++) {
        runs.push([await msOf(start, unit, end, 2 ** 17), await msOf(start, unit, end, 2 ** 20)] as const);
      }
      const [least, most] = [Math.min(...runs.map(([ms]) => ms)), Math.min(...runs.map(([, ms]) => ms))];
      if (most > 24 * least)
        slow.push(`${JSON.stringify(start + unit)}: ${least.toFixed()}, then ${most.toFixed()} ms`);
    }
  }
  assert.deepEqual(slow, []);
});

test('a change of the rules has another version', () => {
  const digest = createHash('sha256').update(JSON.stringify(ruledColumns)).digest('hex').slice(0, 16);
  assert.deepEqual(
    [rulesVersion, digest],
    [1, 'aa053eb9fabf2e39'],
    'count rulesVersion up and write the new digest here',
  );
});
