import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { placesIn } from '../../src/config.ts';
import { activitiesOf, unzipped } from '../story/workbook.ts';
import { type Case, cases, Wire } from './wire.ts';

let wire: Wire;
const reason = 'The store did not answer; run: trailport doctor.';
const user = (name: string) => `/insights/users/${name}%40contoso.com/activities/export`;

before(async () => {
  // No lease runs out while the test holds the worker, or plays one.
  wire = await Wire.open({ TRAILPORT_LEASE_MS: '600000' });
  for (const name of ['finished', 'expired', 'damaged']) await wire.program.ended(await wire.start(name, user(name)));
  await wire.call('DELETE /insights/job/{expired}');
  const { reports } = placesIn(wire.program.data);
  const damaged = (await readdir(reports)).find((file) => file.startsWith(`${wire.jobs.damaged}-`)) ?? '';
  truncateSync(join(reports, damaged), 100);

  wire.program.holdWorker();
  await wire.start('running', user('running'));
  await wire.beat(await wire.claim('running'), { rows: 61_200, rowsTotal: 145_000, percent: 42 });
  await wire.start('failed', user('failed'));
  await wire.fail(await wire.claim('failed'), { code: 'store_unreachable', message: reason });
  await wire.start('cancelled', user('cancelled'));
  await wire.call('DELETE /insights/job/{cancelled}');
  await wire.start('waiting', user('waiting'));
  await wire.start('theirs', user('theirs'), { authorization: 'theirs' });
});
after(() => wire[Symbol.asyncDispose]());

const said = (jobStatus: number, message: string | RegExp = '') => ({ jobStatus, status: 200, message });
const poll = (job: string) => `GET /insights/job/${job}/exportstatus`;
const file = (job: string) => `GET /insights/job/${job}/exportfile`;
const soon = /^([1-9]|[12][0-9]|30)$/;
const quiet = { 'retry-after': null, 'x-progress': null };

const status: readonly Case[] = [
  {
    line: 'in progress: 1; waiting counts; Retry-After and X-Progress',
    request: poll('{waiting}'),
    expected: { status: 200, json: said(1), headers: { 'retry-after': soon, 'x-progress': /^.{1,99}$/ } },
  },
  {
    line: 'in progress: 1; X-Progress such as 42%, 61200 of 145000 rows',
    request: poll('{running}'),
    expected: {
      status: 200,
      json: said(1),
      headers: { 'retry-after': soon, 'x-progress': '42%, 61200 of 145000 rows' },
    },
  },
  { line: 'finished: 2', request: poll('{finished}'), expected: { status: 200, json: said(2), headers: quiet } },
  {
    line: 'failed: 3, with the reason',
    request: poll('{failed}'),
    expected: { status: 200, json: said(3, reason), headers: quiet },
  },
  {
    line: 'cancelled counts as 3, in one plain sentence',
    request: poll('{cancelled}'),
    expected: { status: 200, json: said(3, /^[A-Z].*\.$/), headers: quiet },
  },
  { line: 'expired stays 2', request: poll('{expired}'), expected: { status: 200, json: said(2), headers: quiet } },
  ...['0', '-1', '1.5', 'abc', '1e3', '99999999999999999999', '%20'].map((id) => ({
    line: 'jobId: not a positive integer: 400',
    request: poll(id),
    expected: { status: 400, code: 'parameter_invalid' },
  })),
  { line: 'unknown: 404', request: poll('424242'), expected: { status: 404, code: 'job_unknown' } },
  { line: "another tenant's: 404", request: poll('{theirs}'), expected: { status: 404, code: 'job_unknown' } },
  {
    line: 'Prefer: wait answers at once when the job has ended, and is echoed',
    request: poll('{finished}'),
    headers: { prefer: 'wait=30' },
    expected: { status: 200, json: said(2), headers: { 'preference-applied': 'wait=30' } },
  },
  {
    line: 'Prefer: wait answers after N seconds',
    request: poll('{waiting}'),
    headers: { prefer: 'wait=1' },
    expected: { status: 200, json: said(1), headers: { 'preference-applied': 'wait=1' } },
  },
  {
    line: 'Prefer: wait is at most 60',
    request: poll('{finished}'),
    headers: { prefer: 'wait=3600' },
    expected: { status: 200, headers: { 'preference-applied': 'wait=60' } },
  },
  {
    line: 'ETag / If-None-Match: 304',
    request: poll('{finished}'),
    headers: { 'if-none-match': '*' },
    expected: { status: 304, headers: { etag: /^"[^"]+"$/ } },
  },
  {
    line: 'ETag / If-None-Match: 200 when it differs',
    request: poll('{finished}'),
    headers: { 'if-none-match': '"other"' },
    expected: { status: 200, headers: { etag: /^"[^"]+"$/ } },
  },
];
cases('1.3', () => wire, status);

const whole = {
  'content-type': 'application/zip',
  'content-length': /^[1-9][0-9]*$/,
  'content-disposition': 'attachment; filename="activity-export-{finished}.zip"',
  etag: /^"[^"]+"$/,
  'accept-ranges': 'bytes',
  'repr-digest': /^sha-256=:[A-Za-z0-9+/]{43}=:$/,
  'cache-control': 'private, no-store',
};

const download: readonly Case[] = [
  {
    line: '200 application/zip, with every header',
    request: file('{finished}'),
    expected: { status: 200, headers: whole },
  },
  {
    line: 'HEAD says the same',
    request: file('{finished}').replace('GET', 'HEAD'),
    expected: { status: 200, headers: whole },
  },
  ...['waiting', 'running'].map((job) => ({
    line: `${job}, not finished: 409 with Retry-After`,
    request: file(`{${job}}`),
    expected: { status: 409, code: 'report_not_ready', headers: { 'retry-after': soon } },
  })),
  { line: 'not finished: HEAD 409 too', request: file('{waiting}').replace('GET', 'HEAD'), expected: { status: 409 } },
  { line: 'failed: 409 with the reason', request: file('{failed}'), expected: { status: 409, code: 'report_failed' } },
  {
    line: 'cancelled: 409 with the reason',
    request: file('{cancelled}'),
    expected: { status: 409, code: 'report_failed' },
  },
  { line: 'expired: 410', request: file('{expired}'), expected: { status: 410, code: 'report_expired' } },
  {
    line: 'never 200 with anything but the whole ZIP',
    request: file('{damaged}'),
    expected: { status: 500, code: 'report_damaged' },
  },
  { line: 'unknown: 404', request: file('424242'), expected: { status: 404, code: 'job_unknown' } },
  { line: "another tenant's: 404", request: file('{theirs}'), expected: { status: 404, code: 'job_unknown' } },
  {
    line: 'Range: 206',
    request: file('{finished}'),
    headers: { range: 'bytes=0-3' },
    expected: { status: 206, headers: { 'content-length': '4', 'content-range': /^bytes 0-3\/[0-9]+$/ } },
  },
  {
    line: 'If-Range with another ETag: 200',
    request: file('{finished}'),
    headers: { range: 'bytes=0-3', 'if-range': '"other"' },
    expected: { status: 200, headers: whole },
  },
  {
    line: 'Range outside: 416',
    request: file('{finished}'),
    headers: { range: 'bytes=999999999-' },
    expected: { status: 416, code: 'range_invalid', headers: { 'content-range': /^bytes \*\/[1-9][0-9]*$/ } },
  },
];
cases('1.4', () => wire, download);

test('1.3 never back from 2 or 3, whatever is done to the job', async () => {
  for (const [job, wanted] of [
    ['expired', 2],
    ['failed', 3],
    ['cancelled', 3],
  ] as const) {
    for (const request of [`DELETE /insights/job/{${job}}`, file(`{${job}}`), poll(`{${job}}`)]) {
      await (await wire.call(request)).arrayBuffer();
    }
    const { jobStatus } = (await (await wire.call(poll(`{${job}}`))).json()) as { jobStatus: number };
    assert.equal(jobStatus, wanted);
  }
});

test("1.3 an unknown job and another tenant's are the same in every byte but the request id", async () => {
  for (const request of [poll, file]) {
    const [unknown, theirs] = await Promise.all(
      [request('424242'), request('{theirs}')].map(async (asked) => {
        const answer = await wire.call(asked, { 'x-request-id': 'same', connection: 'close' });
        return [answer.status, { ...Object.fromEntries(answer.headers), date: '' }, await answer.text()];
      }),
    );
    assert.deepEqual(unknown, theirs);
  }
});

test('1.4 the bytes are those of the digest; parts make the whole; nothing matched is a workbook without rows', async () => {
  const answer = await wire.call(file('{finished}'));
  const zip = Buffer.from(await answer.arrayBuffer());
  const digest = createHash('sha256').update(zip).digest('base64');
  assert.equal(answer.headers.get('repr-digest'), `sha-256=:${digest}:`);
  const etag = answer.headers.get('etag') ?? '';
  const parts = await Promise.all(
    ['bytes=0-999', 'bytes=1000-'].map(async (range) => {
      const part = await wire.call(file('{finished}'), { range, 'if-range': etag });
      assert.equal(part.status, 206);
      return Buffer.from(await part.arrayBuffer());
    }),
  );
  assert.deepEqual(Buffer.concat(parts), zip);
  assert.deepEqual([...(await unzipped(zip)).keys()].sort(), ['Activity report.xlsx', 'manifest.json']);
  assert.deepEqual(await activitiesOf(zip), []);
});

test('1.3 Prefer: wait answers as soon as the job ends', async () => {
  const held = wire.call(poll('{waiting}'), { prefer: 'wait=60' });
  wire.program.releaseWorker();
  const answer = await held;
  assert.equal(answer.headers.get('preference-applied'), 'wait=60');
  assert.deepEqual(await answer.json(), said(2));
});
