import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { columnNames, reportFormats } from '../../src/domain/columns.ts';
import { noFilters } from '../../src/domain/filters.ts';
import { exportRequest } from '../job/fixtures.ts';
import { jobIdOf, openService } from './fixtures.ts';

const service = await openService({ jobsWaitingPerTenant: 30 });
after(() => service[Symbol.asyncDispose]());

function post(body: unknown, headers: Record<string, string> = {}, query = '') {
  return service.json(`/insights/exports${query}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

test('a start answers 202, the address of the job and the job as it was understood', async () => {
  const { status, headers, body } = await post({ source: 'google' });
  assert.equal(status, 202);
  assert.equal(headers.get('location'), `/insights/job/${body.jobId}`);
  assert.deepEqual(body, {
    jobId: body.jobId,
    type: 'export',
    state: 'waiting',
    request: { ...exportRequest, source: 'google' },
    progress: { percent: null, rows: 0, rowsTotal: null },
    queuePosition: 1,
    etaSeconds: null,
    attempt: 0,
    createdAt: body.createdAt,
    startedAt: null,
    endedAt: null,
    expiresAt: null,
    report: null,
    notes: [],
    failure: null,
  });
  assert.equal(typeof body.jobId, 'number');
  assert.deepEqual((await service.json(headers.get('location') ?? '')).body, body);
});

test('every member is understood; from is inside, until is not, and what was understood can be sent again', async () => {
  const asked = {
    source: 'microsoft365',
    user: 'Anna@Contoso.com',
    object: 'https://contoso.sharepoint.com/sites/a',
    from: '2026-10-01',
    until: '2026-11-01T00:00:00+01:00',
    eventTypes: ['FileDeleted'],
    services: ['SharePoint', 'OneDrive'],
    recordTypes: ['SharePointFileOperation'],
    results: ['Succeeded'],
    clientIps: ['[2001:db8::1]:443', '192.0.2.7'],
    text: 'report',
    format: 'csv',
    columns: ['time', 'raw', 'user'],
    language: 'fr-FR',
    timeZone: 'europe/paris',
  };
  const { body } = await post(asked);
  const understood = {
    ...asked,
    users: [],
    // A port is not a part of the address.
    clientIps: ['2001:db8::1', '192.0.2.7'],
    from: '2026-10-01T00:00:00.000Z',
    until: '2026-10-31T23:00:00.000Z',
    timeZone: 'Europe/Paris',
  };
  assert.deepEqual(body.request, understood);
  assert.deepEqual((await post(understood)).body.jobId, body.jobId);
});

test('one of several users is the same as a user; several stay a list, each once', async () => {
  const usersOf = async (users: string[]) => {
    const { user, users: several } = (await post({ source: 'google', users })).body.request as Record<string, unknown>;
    return [user, several];
  };
  assert.deepEqual(await usersOf(['a@b.example']), ['a@b.example', []]);
  assert.deepEqual(await usersOf(['a@b.example', 'c@b.example', 'a@b.example']), [
    null,
    ['a@b.example', 'c@b.example'],
  ]);
});

for (const format of reportFormats) {
  test(`${format} with every column is accepted`, async () => {
    const { status, body } = await post({ source: 'google', format, columns: columnNames });
    assert.deepEqual([status, (body.request as { format: string }).format], [202, format]);
  });
}

test('texts and lists at their limits are accepted', async () => {
  const eventTypes = Array.from({ length: 1000 }, (_, i) => String(i).padEnd(256, '例'));
  const { status, body } = await post({ source: 'google', user: '😀'.repeat(8192), eventTypes });
  assert.equal(status, 202, JSON.stringify(body).slice(0, 200));
});

for (const [body, sentence] of [
  [{}, /source is missing/],
  [{ source: 'yahoo' }, /source must be one of microsoft365, google/],
  [{ source: 'google', user: '' }, /user must not be empty/],
  [{ source: 'google', user: 5 }, /user must be of type string/],
  [{ source: 'google', usr: 'a' }, /usr is not a known member; the nearest known name is user/],
  [{ source: 'google', columns: [] }, /columns must have at least 1 items/],
  [{ source: 'google', columns: ['time', 'time'] }, /columns must not hold the same value twice/],
  [{ source: 'google', columns: ['time', 'colour'] }, /columns\[1\] must be one of time, user/],
  [{ source: 'google', eventTypes: 'A' }, /eventTypes must be of type array/],
  [{ source: 'google', eventTypes: [''] }, /eventTypes\[0\] must not be empty/],
  [{ source: 'google', format: 'pdf' }, /format must be one of xlsx, csv, jsonl, parquet/],
  [{ source: 'google', language: 'de-DE' }, /language must be one of/],
  [{ source: 'google', timeZone: 'Europe/Atlantis' }, /timeZone must be the name of an IANA time zone/],
  [{ source: 'google', timeZone: '+01:00' }, /timeZone must be/],
  [{ source: 'google', from: 'then' }, /from must be an ISO 8601 time/],
  [{ source: 'google', from: '2026-02-01', until: '2026-01-01' }, /from must not be later than until/],
  [{ source: 'google', user: 'a', users: ['b'] }, /user and users are one filter; send users alone/],
  [{ source: 'google', users: Array(101).fill('A') }, /users must have at most 100 items/],
  [{ source: 'google', clientIps: ['1'.repeat(257)] }, /clientIps\[0\] must have at most 256 characters/],
  [{ source: 'google', text: 'x'.repeat(1025) }, /text must have at most 1024 characters/],
  [{ source: 'google', services: 'SharePoint' }, /services must be of type array/],
  [[], /must be a JSON object with the members source, user/],
  [null, /must be a JSON object/],
  ['"text"', /must be a JSON object/],
  ['', /must be a JSON object/],
  ['{"source":"google"', /cannot be read as JSON/],
  ['{"source":"google","__proto__":{"user":"x"}}', /__proto__ is not a known member/],
  ['{"source":"google","constructor":{"prototype":{}}}', /constructor is not a known member/],
  ['['.repeat(100_000) + ']'.repeat(100_000), /more than 32 levels/],
  [`{"source":"google","user":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, /more than 32 levels/],
  [`{"source":"google","columns":${'['.repeat(10_000)}`, /more than 32 levels/],
  [`{"source":"google","user":"${'['.repeat(5000)}","format":"pdf"}`, /format must be one of/],
  [{ source: 'google', user: 'é'.repeat(8193) }, /user must have at most 8192 characters/],
  [{ source: 'google', object: 'x'.repeat(1_000_000) }, /object must have at most 8192 characters/],
  [{ source: 'google', from: 'T'.repeat(65) }, /from must have at most 64 characters/],
  [{ source: 'google', timeZone: 'E'.repeat(65) }, /timeZone must have at most 64 characters/],
  [{ source: 'google', columns: Array(140_000).fill('time') }, /columns must have at most 15 items/],
  [{ source: 'google', eventTypes: Array(1001).fill('A') }, /eventTypes must have at most 1000 items/],
  [{ source: 'google', eventTypes: ['A', 'B'.repeat(257)] }, /eventTypes\[1\] must have at most 256 characters/],
  ['\u0000', /cannot be read as JSON/],
  ['{"source":"google","user":"a\tb"}', /A text in the body holds a control character, .* escaped, as \\t or \\n\./],
  ['{"source":"google","":1}', /^A member has an empty name/],
] as const) {
  const shown = JSON.stringify(body).slice(0, 70);
  test(`${shown} answers 400 with a sentence`, async () => {
    const { status, body: problem } = await post(body);
    assert.equal(status, 400);
    assert.match(String(problem.message), sentence);
  });
}

test('a body that is not UTF-8 is refused and not read as another user, with a sentence that says so', async () => {
  const { body: before } = await service.json('/insights/jobs?limit=1');
  const text = '{"source":"google","user":"ren\u00e9@contoso.example"}';
  for (const body of [Buffer.from(text, 'latin1'), Buffer.from(text, 'utf16le')]) {
    const headers = { 'content-type': 'application/json' };
    const { status, body: problem } = await service.json('/insights/exports', { method: 'POST', headers, body });
    assert.deepEqual([status, problem.code], [400, 'body_invalid']);
    assert.match(String(problem.message), /cannot be read as JSON; send one JSON object in UTF-8/);
  }
  assert.deepEqual((await service.json('/insights/jobs?limit=1')).body, before);
});

test('what is no JSON answers 415 with what to send, more than 1 MiB 413, an unknown parameter 400', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'x']) {
    const { status, body } = await post({ source: 'google' }, { 'content-type': type });
    assert.equal(status, 415, type);
    assert.match(String(body.message), /^Content-Type is .* none that is understood here; send application\/json, /);
  }
  assert.equal((await post({ source: 'google', user: 'x'.repeat(2 ** 20) })).status, 413);
  assert.equal((await post({ source: 'google' }, {}, '?dryrun=true')).body.code, 'parameter_unknown');
  const { body: unsure } = await post({ source: 'google' }, {}, '?dryRun=yes');
  assert.deepEqual([unsure.code, unsure.message], ['parameter_invalid', 'dryRun must be true or false.']);
});

test('lone surrogates become U+FFFD', async () => {
  const { body } = await post('{"source":"google","user":"a\\ud800b","eventTypes":["\\udc00"]}');
  const { user, eventTypes } = body.request as { user: string; eventTypes: string[] };
  assert.deepEqual([user, eventTypes], ['a\ufffdb', ['\ufffd']]);
});

test('the same Idempotency-Key and body is the same job, even once it has ended; another body 422', async () => {
  const key = { 'idempotency-key': 'b9f3-1' };
  const first = await post({ source: 'google', user: 'kim' }, key);
  await service.call(`/insights/job/${first.body.jobId}`, { method: 'DELETE' });
  const again = await post({ source: 'google', user: 'kim' }, key);
  assert.deepEqual([again.status, again.body.jobId], [202, first.body.jobId]);
  const other = await post({ source: 'google', user: 'lee' }, key);
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_conflict']);
  const another = { ...key, authorization: 'Bearer contoso:other' };
  assert.notEqual((await post({ source: 'google', user: 'lee' }, another)).body.jobId, first.body.jobId);
  assert.equal((await post({ source: 'google' }, { 'idempotency-key': 'a b' })).status, 400);
});

test('a dry run validates and counts, and starts nothing', async () => {
  const { body: before } = await service.json('/insights/jobs?limit=1');
  const asked = { source: 'google', object: '1AbC', from: '2026-01-01', eventTypes: ['edit'] };
  const { status, body } = await post(asked, {}, '?dryRun=true');
  assert.deepEqual([status, body], [200, { rows: 7 }]);
  const [{ name, tenant, question } = { name: null, tenant: null, question: null }, ...more] = service.lookups;
  assert.deepEqual([name, tenant, more.length], ['count', 'contoso', 0]);
  assert.deepEqual(question, {
    selection: {
      ...noFilters,
      tenant: 'contoso',
      source: 'google',
      object: '1AbC',
      period: { fromMs: Date.UTC(2026, 0, 1), untilMs: null },
      eventTypes: ['edit'],
    },
  });
  assert.equal((await post({ source: 'x' }, {}, '?dryRun=true')).status, 400);
  assert.deepEqual((await service.json('/insights/jobs?limit=1')).body, before);
});

test('when too many wait, 429 with Retry-After; the same export still gives its own job', async () => {
  let last: Awaited<ReturnType<typeof post>>;
  let person = 0;
  do last = await post({ source: 'google', user: `person ${++person}` });
  while (last.status === 202);
  assert.deepEqual([last.status, last.body.code], [429, 'queue_full']);
  assert.match(last.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
  assert.equal((await post({ source: 'google', user: 'person 1' })).status, 202);
  const other = { authorization: 'Bearer fabrikam:exporter' };
  assert.equal((await post({ source: 'google', user: 'person' }, other)).status, 202);
  assert.ok(jobIdOf((await post({ source: 'google', user: 'person 1' })).body) > 0);
});
