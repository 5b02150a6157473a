import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { after, before, test } from 'node:test';
import { openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());

/** Node itself ends a connection that asks for CONNECT. */
const methods = METHODS.filter((method) => method !== 'CONNECT');
/** None has a Content-Type, which the method QUERY must have. */
const bodies = ['\r\n', 'Content-Length: 5\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'];
/** Files of the page at /docs, and addresses outside of its folder. */
const files = [
  'index.html',
  'nothing',
  '%2e%2e/x',
  '..%2fx',
  '%2e%2e%2f%2e%2e%2fpackage.json',
  '%00',
  '%5c..%5cx',
  '%',
];
const paths = ['/', '*', '/nowhere', '/docs', '/docs/', '/docs/json', ...files.map((name) => `/docs/static/${name}`)];

before(async () => {
  const { paths: documented } = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: object };
  assert.ok(Object.keys(documented).length > 12);
  paths.push(...Object.keys(documented).map((path) => path.replace(/\{jobId\}/, '1').replace(/\{\w+\}/, 'a')));
});

test('no method makes a 500 at any address, with and without a token, with and without a body', async () => {
  const heads = ['', 'Authorization: Bearer contoso:exporter\r\n'];
  for (const path of paths) {
    const requests = methods.flatMap((method) =>
      heads.flatMap((head) =>
        bodies.map((body) => `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}${body}`),
      ),
    );
    const answers = await Promise.all(requests.map((request) => service.raw(request)));
    for (const [i, answer] of answers.entries()) assert.match(answer, /^HTTP\/1\.1 [234]/, requests[i] ?? '');
  }
});

test('a path that leads out of the folder of /docs/static answers 404 without a token, a file in it 200', async () => {
  for (const [name, status] of [
    ['swagger-ui.css', 200],
    ['%2e%2e/x', 404],
    ['%2e%2e%2fx', 404],
    ['%2e%2e%2fpackage.json', 404],
    ['nothing', 404],
  ] as const) {
    const answer = await service.raw(`GET /docs/static/${name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.equal(answer.slice(0, 12), `HTTP/1.1 ${status}`, name);
  }
});
