import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { environmentOf, json, run, serveReport, TinyService, temporary } from './tiny-service.ts';

const report = randomBytes(300_000);
const whole = { 'content-length': report.byteLength };
const argv = (file: string, ...more: string[]) => ['export', 'user', 'a@b.example', '-o', file, ...more];

test('a broken download is resumed where it broke, with Range and If-Range', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  const ranges: (string | undefined)[][] = [];
  serveReport(service, report, ({ headers }, response, asked) => {
    ranges.push([headers.range, headers['if-range'] as string | undefined]);
    const from = Number(/\d+/.exec(headers.range ?? '0')?.[0]);
    const head = { 'content-length': report.length - from, 'content-range': `bytes ${from}-299999/300000` };
    response.writeHead(from === 0 ? 200 : 206, head);
    if (asked === 3) return response.end(report.subarray(from));
    // The first two connections end 100,000 bytes later.
    return breakOff(response, report.subarray(from, from + 100_000), place.path, from);
  });
  const { status, err } = await run(argv(place.file('r.zip')), { env: environmentOf(service) });
  assert.equal(status, 0, err);
  assert.ok(readFileSync(place.file('r.zip')).equals(report));
  assert.deepEqual(readdirSync(place.path), ['r.zip']);
  assert.equal(ranges.length, 3);
  for (const [range, ifRange] of ranges.slice(1)) {
    assert.match(range ?? '', /^bytes=[1-9]\d*-$/);
    assert.equal(ifRange, '"one"');
  }
});

/** Sends some bytes and closes the connection once the unfinished download is longer than `had`. */
function breakOff(response: ServerResponse, bytes: Buffer, directory: string, had: number): void {
  response.write(bytes);
  const hangUp = () => (onDisk(directory) > had ? response.destroy() : setImmediate(hangUp));
  hangUp();
}

function onDisk(directory: string): number {
  const part = readdirSync(directory).find((name) => name.endsWith('.part'));
  return part === undefined ? 0 : statSync(`${directory}/${part}`).size;
}

test('bytes that are not the recorded ones are thrown away, with 1', async () => {
  const changed = Buffer.from(report);
  changed[1000]! ^= 1;
  for (const [bytes, length] of [
    [changed, report.length],
    [report.subarray(0, 299_000), 299_000],
  ] as const) {
    await using service = await TinyService.start();
    using place = temporary();
    serveReport(service, report, (_, response) => response.writeHead(200, { 'content-length': length }).end(bytes));
    const { status, err } = await run(argv(place.file('r.zip')), { env: environmentOf(service) });
    assert.equal(status, 1);
    assert.match(err, /are not the report that the service recorded/);
    assert.deepEqual(readdirSync(place.path), []);
  }
});

test('parts of two different reports are never joined', async () => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(200, whole).end(report),
    // A part, but not the requested one.
    (response) => response.writeHead(206, { ...whole, 'content-range': 'bytes 0-299999/300000' }).end(report),
  ];
  for (const answer of answers) {
    await using service = await TinyService.start();
    using place = temporary();
    serveReport(service, report, (_, response, asked) => {
      if (asked > 1) return answer(response);
      response.writeHead(200, whole);
      return breakOff(response, report.subarray(0, 100_000), place.path, 0);
    });
    const { status, err } = await run(argv(place.file('r.zip')), { env: environmentOf(service) });
    assert.equal(status, 1);
    assert.match(err, /changed while it was downloaded/);
    assert.deepEqual(readdirSync(place.path), []);
  }
});

test('an existing file stays as it is, unless --force', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  const file = place.file('r.zip');
  serveReport(service, report, (_, response) => response.writeHead(200, whole).end(report));
  writeFileSync(file, 'mine');
  const { status, err } = await run(argv(file), { env: environmentOf(service) });
  assert.equal(status, 2);
  assert.match(err, /exists already; .*--force/);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.equal(service.requests.length, 0, 'no export is started');
  assert.equal((await run(argv(file, '--force'), { env: environmentOf(service) })).status, 0);
  assert.ok(readFileSync(file).equals(report));
});

test('a file that appears while the report is made stays too', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  const file = place.file('r.zip');
  serveReport(service, report, (_, response) => {
    writeFileSync(file, 'mine');
    response.writeHead(200, whole).end(report);
  });
  const { status } = await run(argv(file), { env: environmentOf(service) });
  assert.equal(status, 2);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.deepEqual(readdirSync(place.path), ['r.zip']);
});

test('-o - writes the report and nothing else to standard output', async () => {
  await using service = await TinyService.start();
  const bytes = Buffer.from('the report\n');
  serveReport(service, bytes, (_, response) => response.writeHead(200, { 'content-length': bytes.length }).end(bytes));
  const { status, out, err } = await run(argv('-'), { env: environmentOf(service) });
  assert.deepEqual([status, out], [0, 'the report\n']);
  assert.match(err, /3 rows/);
});

test('the request holds what was given on the command line, and nothing else', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  let body = '';
  serveReport(service, report, (_, response) => response.writeHead(200, whole).end(report));
  service.answers.set('POST /insights/exports', (request, response) => {
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => json(response, 202, { jobId: 7 }));
  });
  const more = [
    ...['--google', '--from', '2026-01-01', '--event', 'view', '--event', 'edit', '--columns', 'time, user'],
    ...['--user', 'a@b.example', '--user', 'c@b.example', '--service', 'drive', '--record-type', 'access'],
    ...['--result', 'Succeeded', '--ip', '192.0.2.7', '--ip', '::1', '--text', 'plan'],
  ];
  await run(['export', 'object', 'doc', '-o', place.file('r.zip'), ...more], { env: environmentOf(service) });
  assert.deepEqual(JSON.parse(body), {
    source: 'google',
    object: 'doc',
    from: '2026-01-01',
    eventTypes: ['view', 'edit'],
    users: ['a@b.example', 'c@b.example'],
    services: ['drive'],
    recordTypes: ['access'],
    results: ['Succeeded'],
    clientIps: ['192.0.2.7', '::1'],
    text: 'plan',
    columns: ['time', 'user'],
  });
});

test('export tenant names neither user nor object; --last is the period up to now', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  const bodies: Record<string, string>[] = [];
  serveReport(service, report, (_, response) => response.writeHead(200, whole).end(report));
  service.answers.set('POST /insights/exports', (request, response) => {
    void text(request).then((body) => {
      bodies.push(JSON.parse(body) as Record<string, string>);
      json(response, 202, { jobId: 7 });
    });
  });
  const lengths = { '30m': 1800, '24h': 86_400, '7d': 604_800, '4W': 2_419_200 };
  for (const last of Object.keys(lengths)) {
    const before = Date.now();
    const more = ['--last', last, '--force', '-o', place.file('r.zip')];
    const ran = await run(['export', 'tenant', ...more], { env: environmentOf(service) });
    assert.equal(ran.status, 0, ran.err);
    const { source, from = '', until = '', ...rest } = bodies.at(-1) ?? {};
    assert.deepEqual([source, rest], ['microsoft365', {}]);
    assert.equal((Date.parse(until) - Date.parse(from)) / 1000, lengths[last as keyof typeof lengths]);
    assert.ok(Date.parse(until) >= before && Date.parse(until) <= Date.now());
  }
});

test('an export that fails ends with 3, says why, and writes no file', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  serveReport(service, report, (_, response) => response.writeHead(500).end());
  const failure = { code: 'store_damaged', message: 'The store is damaged.' };
  service.answers.set('GET /insights/job/7', (_, response) =>
    json(response, 200, { jobId: 7, state: 'failed', request: {}, failure }),
  );
  const ran = await run(argv(place.file('r.zip')), { env: environmentOf(service) });
  assert.deepEqual([ran.status, ran.out], [3, '']);
  assert.match(ran.err, /The store is damaged\.\n$/);
  assert.deepEqual(readdirSync(place.path), []);
  const asJson = await run(argv(place.file('r.zip'), '--json'), { env: environmentOf(service) });
  assert.equal(asJson.status, 3);
  assert.equal((JSON.parse(asJson.out) as { job: { state: string } }).job.state, 'failed');
});
