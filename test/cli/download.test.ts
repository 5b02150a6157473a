import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { environmentOf, json, run, serveReport, TinyService, temporary } from './tiny-service.ts';

const report = randomBytes(300_000);
const whole = { 'content-length': report.byteLength };

test('a download that Ctrl-C interrupted goes on in the next run where it ended', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  const file = place.file('r.zip');
  const interrupted = await interrupt(service, place.path, report);
  assert.equal(interrupted.status, 130);
  const [part = ''] = readdirSync(place.path);
  const had = statSync(place.file(part)).size;
  assert.ok(had > 0 && had < report.length);

  const ranges: (string | undefined)[] = [];
  serveReport(service, report, ({ headers }, response) => {
    ranges.push(headers.range);
    if (headers.range === undefined) return response.writeHead(200, whole).end(report);
    const head = { 'content-length': report.length - had, 'content-range': `bytes ${had}-299999/300000` };
    return response.writeHead(206, head).end(report.subarray(had));
  });
  const { status, out, err } = await run(['download', '7', '-o', file], { env: environmentOf(service) });
  assert.equal(status, 0, err);
  assert.match(out, /3 rows, 293\.0 KiB, SHA-256 checked/);
  assert.deepEqual(ranges, [undefined, `bytes=${had}-`]);
  assert.ok(readFileSync(file).equals(report));
  assert.deepEqual(readdirSync(place.path), ['r.zip']);
});

test('what was received of one report is never used for another', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  await interrupt(service, place.path, report);
  const other = randomBytes(300_000);
  const ranges: (string | undefined)[] = [];
  serveReport(service, other, ({ headers }, response) => {
    ranges.push(headers.range);
    response.writeHead(200, whole).end(other);
  });
  const ran = await run(['download', '7', '-o', place.file('r.zip')], { env: environmentOf(service) });
  assert.equal(ran.status, 0, ran.err);
  assert.deepEqual(ranges, [undefined]);
  assert.ok(readFileSync(place.file('r.zip')).equals(other));
});

/** Runs `download 7` and interrupts it when a third of the report is on disk. */
async function interrupt(service: TinyService, directory: string, bytes: Buffer) {
  const enough = new AbortController();
  serveReport(service, bytes, (_, response) => {
    response.writeHead(200, whole).write(bytes.subarray(0, 100_000));
    const look = () => {
      const part = readdirSync(directory).find((name) => name.endsWith('.part'));
      if (part !== undefined && statSync(`${directory}/${part}`).size > 0) enough.abort();
      else setImmediate(look);
    };
    look();
  });
  const argv = ['download', '7', '-o', `${directory}/r.zip`];
  return run(argv, { env: environmentOf(service), signal: enough.signal });
}

test('when no connection brings more, the sentence names the command that goes on', async () => {
  await using service = await TinyService.start();
  using place = temporary();
  const file = place.file('r.zip');
  serveReport(service, report, (_, response, asked) => {
    if (asked > 1) return response.destroy();
    response.writeHead(200, whole);
    return response.write(report.subarray(0, 1000), () => response.destroy());
  });
  const { status, err } = await run(['download', '7', '-o', file], { env: environmentOf(service) });
  assert.equal(status, 1);
  assert.match(err, new RegExp(`Go on later with: trailport download 7 -o ${file}\\n$`));
});

test('a service that is known by another address is named, and refused credentials are called so', async () => {
  await using service = await TinyService.start();
  const env = environmentOf(service);
  service.answers.set('POST /connect/token', (_, response) =>
    json(response, 401, { error: 'invalid_client', error_description: 'client authentication failed' }),
  );
  const refused = await run(['jobs'], { env });
  assert.equal(refused.status, 1);
  assert.match(refused.err, /does not accept the credentials of the environment/);
  service.answers.set('GET /.well-known/openid-configuration', (_, response) =>
    json(response, 200, { issuer: 'https://trailport.example.org', token_endpoint: `${service.url}/connect/token` }),
  );
  const { status, err } = await run(['jobs'], { env });
  assert.equal(status, 2);
  assert.match(err, /is known to its clients as https:\/\/trailport\.example\.org; use that address/);
  service.answers.set('GET /.well-known/openid-configuration', (_, response) => response.end('<html>'));
  assert.match((await run(['jobs'], { env })).err, /does not answer as Trailport does; check the address/);
});
