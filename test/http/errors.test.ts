import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());
const members = ['status', 'message', 'type', 'title', 'code', 'requestId'];

test('every error is the one envelope, its status that of the answer, its id that of the header', async () => {
  for (const [path, init, status, code] of [
    ['/insights/job/x/exportstatus', {}, 400, 'parameter_invalid'],
    ['/insights/jobs', { headers: { authorization: 'none' } }, 401, 'token_missing'],
    ['/insights/jobs', { headers: { authorization: 'Bearer x' } }, 401, 'token_invalid'],
    ['/insights/jobs', { headers: { authorization: 'Bearer contoso:unscoped' } }, 403, 'scope_missing'],
    ['/insights/job/77', {}, 404, 'job_unknown'],
    ['/insights/nothing', {}, 404, 'route_unknown'],
    ['/nothing', {}, 404, 'route_unknown'],
    ['/insights/jobs', { method: 'PUT', body: 'x' }, 405, 'method_not_allowed'],
    [`/insights/users/${'a'.repeat(100_000)}/activities/export`, {}, 414, 'address_too_long'],
    ['/insights/exports', { method: 'POST', body: 'x' }, 415, 'media_type_unsupported'],
    ['/insights/%', {}, 400, 'parameter_invalid'],
  ] as const) {
    const answer = await service.json(path, init);
    assert.deepEqual([answer.status, answer.body.code], [status, code], path);
    assert.deepEqual(Object.keys(answer.body), members);
    assert.equal(answer.body.status, status);
    assert.equal(answer.body.requestId, answer.headers.get('x-request-id'));
    assert.equal(answer.body.type, `urn:trailport:failure:${code}`);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }
});

test('who asks for application/problem+json gets it, others get plain JSON', async () => {
  for (const [accept, type] of [
    ['application/problem+json', 'application/problem+json'],
    ['application/json, Application/Problem+JSON;q=0.5', 'application/problem+json'],
    ['application/problem+json;q=0', 'application/json'],
    ['*/*', 'application/json'],
  ] as const) {
    const { headers } = await service.json('/insights/job/77', { headers: { accept } });
    assert.equal(headers.get('content-type'), type, accept);
  }
});

test('401 and 403 say how to do better, and a token comes before every other mistake', async () => {
  const none = await service.json('/insights/job/x/exportstatus?wrong=1', { headers: { authorization: 'none' } });
  assert.deepEqual([none.status, none.headers.get('www-authenticate')], [401, 'Bearer error="invalid_token"']);
  const unscoped = await service.json('/insights/exports', {
    method: 'POST',
    body: '{',
    headers: { authorization: 'Bearer contoso:unscoped' },
  });
  assert.equal(unscoped.status, 403);
  assert.match(unscoped.headers.get('www-authenticate') ?? '', /^Bearer error="insufficient_scope", scope=/);
});

test('a known address refuses every other method with 405 and Allow, before it reads a body', async () => {
  for (const [path, allow] of [
    ['/insights/users/a/activities/export', 'GET'],
    ['/insights/job/1/exportstatus', 'GET'],
    ['/insights/job/1/exportfile', 'GET, HEAD'],
    ['/insights/job/1', 'GET, DELETE'],
    ['/insights/exports', 'POST'],
    ['/insights/imports', 'POST'],
    ['/insights/jobs', 'GET'],
    ['/healthz', 'GET, HEAD'],
  ] as const) {
    for (const method of METHODS.filter((name) => name !== 'CONNECT' && !allow.split(', ').includes(name))) {
      const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer contoso:exporter\r\n`;
      const answer = await service.raw(`${head}Content-Type: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello`);
      assert.match(answer, /^HTTP\/1\.1 405 /, `${method} ${path}`);
      assert.match(answer, new RegExp(`\r\nallow: ${allow}\r\n`, 'i'));
    }
  }
});

test('every answer carries a request id: a sane one of the sender, else a new one', async () => {
  const sane = 'a.B_c-9'.padEnd(64, 'x');
  for (const path of ['/healthz', '/nothing', '/insights/%', '/insights/jobs', '/connect/token', '/docs/']) {
    const answer = await service.call(path, { headers: { 'x-request-id': sane } });
    await answer.arrayBuffer();
    assert.equal(answer.headers.get('x-request-id'), sane, path);
  }
  for (const odd of ['', 'a b', `${sane}x`, '<x>', 'a,b']) {
    const { headers } = await service.json('/healthz', { headers: { 'x-request-id': odd } });
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/, odd);
  }
});

for (const [what, text, status] of [
  ['what is no HTTP', 'HELLO\r\n\r\n', 400],
  ['a header of 140 KB', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(140_000)}\r\n\r\n`, 431],
  ['an address of 140 KB', `GET /${'a'.repeat(140_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  [
    'two lengths',
    'POST /insights/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
  ],
  ['a NUL in the address', 'GET /insights/\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
] as const) {
  test(`${what} is answered in the envelope`, async () => {
    const answer = await service.raw(text);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    const problem = JSON.parse(body) as Record<string, unknown>;
    assert.deepEqual([Object.keys(problem), problem.status], [members, status]);
    assert.match(head, new RegExp(`X-Request-Id: ${problem.requestId}`));
  });
}

test('an unknown Expect is ignored, and so is a missing Host in HTTP/1.0, whose probes have none', async () => {
  const answer = await service.raw('GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.match(await service.raw('GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
});

test('no path, query, header or body makes a 500', async () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom(
      '%',
      '%2',
      '%00',
      '%ff',
      '%2525',
      '..',
      '.',
      '\\',
      ';',
      'insights',
      'job',
      '1',
      'export',
      '*',
      '__proto__',
    ),
  );
  const path = fc.oneof(
    fc.array(piece, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
    piece.map((part) => `/insights/users/${part}/activities/export`),
    piece.map((part) => `/insights/activities/object/${part}/export`),
    piece.map((part) => `/insights/job/${part}/exportfile`),
  );
  const name = fc.constantFrom(
    'startTime',
    'finishTime',
    'eventTypes',
    'limit',
    'after',
    'state',
    'dryRun',
    'constructor',
  );
  const query = fc.array(
    fc.tuple(fc.oneof(name, piece), piece).map((pair) => pair.join('=')),
    { maxLength: 4 },
  );
  const header = fc.string({ unit: 'grapheme-ascii' });
  const body = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.object().map((value) => JSON.stringify({ source: 'google', ...value })),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'DELETE', 'HEAD'),
      path,
      query,
      header,
      body,
      async (method, at, pairs, text, sent) => {
        const answer = await service.call(`${at}?${pairs.join('&')}`, {
          method,
          headers: { prefer: text, range: text, 'if-none-match': text, 'idempotency-key': text, 'cache-control': text },
          ...(method === 'POST' ? { body: sent, headers: { 'content-type': 'application/json' } } : {}),
        });
        await answer.arrayBuffer();
        assert.ok(answer.status < 500, `${answer.status}`);
        assert.ok(answer.headers.has('x-request-id'));
      },
    ),
    { numRuns: 400 },
  );
});

test('while another process holds the job database, a start answers 503 with Retry-After, and works afterwards', async () => {
  const other = openSqlite(join(service.bench.directory, 'jobs.sqlite'), 0);
  other.exec('BEGIN IMMEDIATE');
  const path = '/insights/users/busy/activities/export';
  const { status, headers, body } = await service.json(path);
  assert.deepEqual([status, body.code, headers.has('retry-after')], [503, 'not_ready', true]);
  other.exec('ROLLBACK');
  other.close();
  assert.equal((await service.json(path)).status, 200);
});

test('the log has method, pattern, status and id, never the address or a value', async () => {
  await service.call(
    '/insights/users/secret.person%40contoso.com/activities/export?eventTypes=SecretEvent&bad=secret1',
  );
  await service.call('/insights/users/%zzsecret/activities/export', {
    headers: { authorization: 'Bearer secrettoken' },
  });
  assert.match(service.logged(), /"route":"\/insights\/users\/:email\/activities\/export","status":400/);
  assert.doesNotMatch(service.logged(), /secret/i);
});
