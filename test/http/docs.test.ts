import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readWriteAll } from '../../src/domain/access.ts';
import { openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());

type Operation = {
  operationId: string;
  description: string;
  'x-codeSamples': { lang: string; source: string }[];
  summary: string;
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean; example?: unknown }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
};
type OpenApi = {
  openapi: string;
  servers: { url: string }[];
  security: object[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object; securitySchemes: Record<string, { type: string; flows: Record<string, object> }> };
};

async function reference(): Promise<OpenApi> {
  return (await service.json('/openapi.json')).body as unknown as OpenApi;
}

test('the document is OpenAPI 3.1 and has every route, its parameters and its answers', async () => {
  const { openapi, paths } = await reference();
  assert.equal(openapi, '3.1.0');
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(operations.sort(), [
    'DELETE /insights/job/{jobId}',
    'GET /.well-known/openid-configuration',
    'GET /healthz',
    'GET /insights/activities',
    'GET /insights/activities/object/{path}/export',
    'GET /insights/activities/summary',
    'GET /insights/google/activities/object/{id}/export',
    'GET /insights/google/users/{email}/activities/export',
    'GET /insights/job/{jobId}',
    'GET /insights/job/{jobId}/exportfile',
    'GET /insights/job/{jobId}/exportstatus',
    'GET /insights/job/{jobId}/rejects',
    'GET /insights/jobs',
    'GET /insights/store',
    'GET /insights/users/{email}/activities/export',
    'GET /openapi.json',
    'GET /readyz',
    'HEAD /insights/job/{jobId}/exportfile',
    'POST /connect/token',
    'POST /insights/exports',
    'POST /insights/imports',
  ]);
  const start = paths['/insights/users/{email}/activities/export']?.get;
  assert.deepEqual(start?.parameters?.map(({ name }) => name).sort(), [
    'Cache-Control',
    'email',
    'endTime',
    'eventTypes',
    'finishTime',
    'language',
    'startTime',
  ]);
  assert.deepEqual(Object.keys(start?.responses ?? {}), '200 400 401 403 408 414 429 431 500 503'.split(' '));
  assert.deepEqual(
    Object.keys(paths['/insights/job/{jobId}/exportfile']?.get?.responses ?? {}).map(Number),
    [200, 206, 304, 400, 401, 403, 404, 408, 409, 410, 414, 416, 431, 500, 503],
  );
});

test('every reference inside it leads somewhere, and every error is the Problem', async () => {
  const document = await reference();
  const text = JSON.stringify(document);
  for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    assert.ok(name in document.components.schemas, name);
  }
  assert.doesNotMatch(text, /"\$ref":"(?!#\/components\/schemas\/)/);
  for (const [path, item] of Object.entries(document.paths)) {
    if (!path.startsWith('/insights/')) continue;
    for (const { responses } of Object.values(item)) {
      for (const [status, { content }] of Object.entries(responses).filter(([code]) => Number(code) >= 400)) {
        assert.deepEqual(
          content?.['application/json']?.schema,
          { $ref: '#/components/schemas/Problem' },
          `${path} ${status}`,
        );
      }
    }
  }
});

test('it names where to get a token, with the scope, at the address that the service listens on, whatever Host asks', async () => {
  const asked = await service.raw('GET /openapi.json HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
  assert.doesNotMatch(asked, /evil/);
  const { servers, security, components, paths } = await reference();
  assert.deepEqual(servers, [{ url: service.url }]);
  assert.deepEqual(security, [{ clientCredentials: [readWriteAll] }]);
  const scheme = components.securitySchemes.clientCredentials;
  assert.equal(scheme?.type, 'oauth2');
  assert.deepEqual(scheme?.flows.clientCredentials, {
    tokenUrl: `${service.url}/connect/token`,
    scopes: { [readWriteAll]: 'All calls: start, poll, download, import.' },
  });
  assert.deepEqual(paths['/healthz']?.get?.security, []);
});

test('the page at /docs loads everything from here, allows nothing else, and asks for our scope', async () => {
  for (const path of ['/docs', '/docs/']) {
    const page = await service.call(path);
    const csp = page.headers.get('content-security-policy') ?? '';
    assert.match(csp, /default-src 'self'/);
    assert.doesNotMatch(csp, /https?:|upgrade-insecure|unsafe-eval|script-src[^;]*unsafe/);
    const html = await page.text();
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, url = '']) => new URL(url, service.url + path),
    );
    assert.ok(loaded.length >= 6);
    for (const url of loaded) {
      assert.equal(url.origin, service.url);
      const asset = await service.call(url.pathname);
      assert.equal(asset.status, 200, url.pathname);
      const text = await asset.text();
      if (url.pathname.endsWith('.css')) assert.doesNotMatch(text, /url\((?!["']?data:)|@import/);
    }
    // What the policy forbids: scripts in the page itself.
    assert.doesNotMatch(html, /<script(?![^>]*src=)|\son[a-z]+=/);
  }
  const initializer = await (await service.call('/docs/static/swagger-initializer.js')).text();
  assert.match(initializer, new RegExp(`initOAuth\\(.*${readWriteAll}`));
  assert.match(initializer, /"validatorUrl":\s*null/);
  const { body } = await service.json('/docs/json');
  const whole = await reference();
  assert.deepEqual(body.paths, whole.paths);
  // The page calls the address that it was loaded from: the policy allows no other.
  assert.deepEqual(body.servers, [{ url: '/' }]);
  assert.match(JSON.stringify(body.components), /"tokenUrl":"\/connect\/token"/);
});

test('every operation has an id of its own and samples for curl, JavaScript and PowerShell, in its description too', async () => {
  const operations = Object.values((await reference()).paths).flatMap((item) => Object.values(item));
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { operationId, description, 'x-codeSamples': samples } of operations) {
    assert.match(operationId, /^[a-z][A-Za-z0-9]+$/);
    assert.deepEqual(
      samples.map(({ lang }) => lang),
      ['Shell', 'JavaScript', 'PowerShell'],
    );
    for (const { source } of samples) {
      assert.match(source, new RegExp(`'${service.url}/[^'{}]*'`), source);
      assert.doesNotMatch(source, /users\/170/);
      assert.ok(description.includes(source));
    }
  }
});

test('what the page fills in is a good request: required parameters have examples, optional ones none', async () => {
  const { paths } = await reference();
  for (const item of Object.values(paths)) {
    for (const { parameters = [] } of Object.values(item)) {
      for (const parameter of parameters.filter(({ name }) => name !== 'jobId')) {
        assert.equal(parameter.example !== undefined, parameter.required === true, parameter.name);
      }
    }
  }
  const start = paths['/insights/exports']?.post as unknown as {
    requestBody?: { content: Record<string, { example: object }> };
  };
  const { example } = start.requestBody?.content['application/json'] ?? {};
  const headers = { 'content-type': 'application/json' };
  const sent = { method: 'POST', headers, body: JSON.stringify(example) };
  assert.equal((await service.json('/insights/exports', sent)).status, 202);
});

test('the page fills in one way to get a token: the fields of a certificate stay empty', async () => {
  const { paths } = await reference();
  const token = paths['/connect/token']?.post as unknown as {
    requestBody: {
      content: Record<
        string,
        { example: object; schema: { properties: Record<string, { examples?: string[]; const?: string }> } }
      >;
    };
  };
  const { example, schema } = token.requestBody.content['application/x-www-form-urlencoded']!;
  assert.deepEqual(Object.keys(example), ['grant_type', 'client_id', 'client_secret', 'scope']);
  // The page takes the example of each field, else its constant, else the word "string".
  const filled = Object.entries(schema.properties).map(([name, field]) => [name, field.examples?.[0] ?? field.const]);
  assert.deepEqual(Object.fromEntries(filled), { ...example, client_assertion_type: '', client_assertion: '' });
});

test('/ leads a browser to /docs, and answers other clients in the envelope', async () => {
  const page = await service.call('/', { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  assert.deepEqual([page.status, page.headers.get('location')], [302, '/docs/']);
  for (const accept of ['application/json', '*/*']) {
    const { status, body } = await service.json('/', { headers: { accept } });
    assert.deepEqual([status, body.code], [404, 'route_unknown']);
  }
});

test('/healthz answers while the process does; /readyz names the part that is not ready, with 503 and Retry-After', async () => {
  assert.deepEqual((await service.json('/healthz', { headers: { authorization: 'none' } })).body, { status: 'alive' });
  assert.deepEqual((await service.json('/readyz')).body, { status: 'ready', parts: { worker: 'ready' } });
  service.setReady(false);
  const { status, headers, body } = await service.json('/readyz');
  assert.deepEqual([status, headers.get('retry-after')], [503, '1']);
  assert.deepEqual(body, { status: 'not ready', parts: { worker: 'starting' } });
  service.setReady(true);
});

test('the paths of auth are handed over with their body unread', async () => {
  const { body } = await service.json('/connect/token', { method: 'POST', body: new URLSearchParams({ a: 'b c' }) });
  assert.deepEqual(body, { method: 'POST', body: 'a=b+c' });
});
