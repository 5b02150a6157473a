import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { jobIdOf, openService, type Service } from './fixtures.ts';

/** More than the kernel's buffers take, so that a download which nobody reads cannot end. */
const large = Buffer.alloc(24 * 2 ** 20, 'report ');
const head = 'Host: x\r\nAuthorization: Bearer contoso:exporter\r\n';

function open({ url }: Service, text = ''): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  if (text !== '') socket.write(text);
  return socket;
}

async function finishedExport(service: Service, bytes = large, tenant = 'contoso'): Promise<number> {
  const headers = { authorization: `Bearer ${tenant}:exporter` };
  const { body } = await service.json('/insights/users/a/activities/export', { headers });
  await service.bench.finish(await service.bench.claim(), bytes);
  return jobIdOf(body);
}

/** Files that this process, which is the server here, has open below the reports. */
function openReports(service: Service): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((path) => path.startsWith(`${service.bench.directory}/reports/`)).length;
}

/** Asks until it is so. Whatever it waits for, the server has to answer meanwhile. */
async function until(service: Service, isSo: () => boolean): Promise<void> {
  while (!isSo()) await service.json('/healthz');
}

test('a head or body that does not arrive in time is answered 408, and the connection ends though the sender goes on', async () => {
  await using service = await openService({ requestMs: 400 });
  const post = `POST /insights/exports HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{`;
  const answers = ['', 'GET /healthz HTTP/1.1\r\nX: ', post].map(async (start) => {
    const socket = open(service, start);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    // The sender never ends its side. What it writes is refused once the server has closed.
    const dribble = setInterval(() => (start !== '' || answer !== '') && socket.write('a'), 50);
    await new Promise((closed) => socket.once('close', closed));
    clearInterval(dribble);
    return answer;
  });
  for (const answer of await Promise.all(answers)) {
    assert.match(answer, /^HTTP\/1\.1 408 .*"code":"request_too_slow"/s);
  }
});

test('an upload that stands still is answered 408, one that moves is not', async () => {
  await using service = await openService({ requestMs: 400 });
  const post = `POST /insights/imports HTTP/1.1\r\n${head}Content-Length: 1000000\r\nConnection: close\r\n\r\n`;
  const [still, moving] = [open(service, post), open(service, post)];
  const answers = [still, moving].map(async (socket) => {
    let answer = '';
    for await (const text of socket.setEncoding('utf8')) answer += text;
    return answer;
  });
  let sent = 0;
  const move = setInterval(() => {
    sent += 100_000;
    moving.write(Buffer.alloc(100_000, 'x'));
    if (sent === 1_000_000) clearInterval(move);
  }, 100);
  assert.match((await answers[0]) ?? '', /^HTTP\/1\.1 408 /);
  assert.match((await answers[1]) ?? '', /^HTTP\/1\.1 202 /);
  still.destroy();
});

test('beyond the number of connections a request is answered 503 with Retry-After and the connection closed', async () => {
  await using service = await openService({ connections: 20 });
  const silent = Array.from({ length: 20 }, () => open(service));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const refused = await service.raw('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(refused, /^HTTP\/1\.1 503 .*retry-after: [1-9].*"code":"too_busy"/is);
  for (const socket of silent) socket.destroy();
  // The server hears of it in its own time.
  let answer = '';
  do answer = await service.raw('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  while (!answer.startsWith('HTTP/1.1 200 '));
});

test('pipelined requests are answered one after the other and in order', async () => {
  await using service = await openService();
  const paths = Array.from({ length: 12 }, (_, i) => `/insights/job/${i + 1}`);
  const requests = paths.map((path, i) => `GET ${path} HTTP/1.1\r\n${head}X-Request-Id: r${i}\r\n\r\n`).join('');
  const answers = await service.raw(`${requests}GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const ids = [...answers.matchAll(/x-request-id: (r\d+)/g)].map(([, id]) => id);
  assert.deepEqual(
    ids,
    paths.map((_, i) => `r${i}`),
  );
  assert.match(answers, /\{"status":"alive"\}$/);
});

test('a connection that pipelines downloads and reads nothing holds one file, one that pipelines too much is ended', async () => {
  await using service = await openService({ requestMs: 2000 });
  const id = await finishedExport(service);
  const download = `GET /insights/job/${id}/exportfile HTTP/1.1\r\n${head}\r\n`;
  const sockets = Array.from({ length: 5 }, () => open(service, download.repeat(10)));
  for (const socket of sockets) socket.pause();
  await until(service, () => openReports(service) === 5);
  const greedy = open(service, download.repeat(40)).resume();
  await new Promise((ended) => greedy.once('close', ended).once('end', ended));
  // Fewer where the others have ended meanwhile.
  await until(service, () => openReports(service) <= 5);
  // Requests wait behind a download that nobody reads: that is no slow reader, and ends after requestMs.
  await until(service, () => openReports(service) === 0);
  for (const socket of sockets) socket.destroy();
});

test('downloads are limited in number, for each tenant and in all: 503 with Retry-After, and again once one has ended', async () => {
  await using service = await openService({ downloads: 3, downloadsPerTenant: 2 });
  const ours = `/insights/job/${await finishedExport(service)}/exportfile`;
  const theirs = `/insights/job/${await finishedExport(service, large, 'fabrikam')}/exportfile`;
  const headers = { authorization: 'Bearer fabrikam:exporter' };
  const hangUp = new AbortController();
  const slow = [
    await service.call(ours, { signal: hangUp.signal }),
    await service.call(ours),
    await service.call(theirs, { headers }),
  ];
  assert.deepEqual(
    slow.map(({ status }) => status),
    [200, 200, 200],
  );
  for (const [path, init] of [
    [ours, {}],
    [theirs, { headers }],
  ] as const) {
    const refused = await service.json(path, init);
    assert.deepEqual([refused.status, refused.body.code, refused.headers.has('retry-after')], [503, 'too_busy', true]);
  }
  hangUp.abort();
  let again: Response;
  do again = await service.call(ours);
  while (again.status === 503);
  assert.equal(again.status, 200);
  for (const answer of [again, ...slow.slice(1)]) await answer.body?.cancel();
});

test('uploads are limited in number: 503 with Retry-After, and nothing is left of what was refused', async () => {
  await using service = await openService({ uploads: 1 });
  const post = `POST /insights/imports HTTP/1.1\r\n${head}Content-Length: 10\r\n\r\nx`;
  const first = open(service, post);
  await until(service, () => service.bench.files('spool').length === 1);
  const { status, body } = await service.json('/insights/imports', { method: 'POST', body: 'x' });
  assert.deepEqual([status, body.code, service.bench.files('spool').length], [503, 'too_busy', 1]);
  first.destroy();
  await until(service, () => service.bench.files('spool').length === 0);
  assert.equal((await service.json('/insights/imports', { method: 'POST', body: 'x' })).status, 202);
});

test('polls are held in a limited number; one more is answered at once', async () => {
  await using service = await openService({ heldPolls: 1 });
  const { body } = await service.json('/insights/users/a/activities/export');
  const path = `/insights/job/${body.jobId}/exportstatus`;
  const held = service.json(path, { headers: { prefer: 'wait=60' } });
  await until(service, () => service.held() === 1);
  const { headers } = await service.json(path, { headers: { prefer: 'wait=60' } });
  assert.equal(headers.get('preference-applied'), null);
  await service.bench.finish(await service.bench.claim());
  assert.equal((await held).headers.get('preference-applied'), 'wait=60');
});

for (const [what, text] of [
  ['two Host headers', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['no Host header', 'GET /healthz HTTP/1.1\r\n\r\n'],
  ['no HTTP version', 'GET /healthz\r\n\r\n'],
  ['another host in the request line', 'GET http://evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
] as const) {
  test(`a request with ${what} answers 400`, async () => {
    await using service = await openService();
    assert.match(
      await service.raw(text.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')),
      /^HTTP\/1\.1 400 .*"request_malformed"/s,
    );
    const own = `GET ${service.url}/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    assert.match(await service.raw(own), /^HTTP\/1\.1 200 /);
  });
}
