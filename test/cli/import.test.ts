import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { environmentOf, json, run, TinyService, temporary } from './tiny-service.ts';

const counts = { read: 3, added: 2, duplicates: 0, rejected: 0, forgotten: 0, from: null, until: null, bySource: {} };

/** Answers for imports: the first gets the first of the jobs, and so on. */
function serveImports(service: TinyService, jobs: readonly Record<string, unknown>[]): void {
  service.answers.set('POST /insights/imports', (request, response, asked) => {
    request.resume().on('end', () => json(response, 202, { jobId: asked, state: 'waiting' }));
  });
  for (const [i, job] of jobs.entries()) {
    const document = { jobId: i + 1, type: 'import', state: 'finished', request: {}, failure: null, ...job };
    service.answers.set(`GET /insights/job/${i + 1}`, (_, response) => json(response, 200, document));
  }
}

test('what a file did not say, and the import assumed, is printed with the name of the file', async () => {
  await using service = await TinyService.start();
  const assumed = ['The text is windows-1252.', 'Dates are day first.'];
  serveImports(service, [{ result: { ...counts, assumed } }, { result: { ...counts, assumed: [] } }]);
  const { status, out, err } = await run(['import', '-', '-'], { env: environmentOf(service), stdin: 'records' });
  assert.equal(status, 0);
  assert.match(out, /^Total +6 +4 +0 +0$/m);
  assert.equal(err, '-: The text is windows-1252.\n-: Dates are day first.\n');
});

test('Ctrl-C while an import runs ends with 130 and names the job that goes on', async () => {
  await using service = await TinyService.start();
  const enough = new AbortController();
  serveImports(service, [
    { state: 'running', queuePosition: null, progress: { percent: 1, rows: 1, rowsTotal: null } },
  ]);
  service.answers.set('GET /insights/job/1/exportstatus', () => enough.abort());
  const ran = await run(['import', '-'], { env: environmentOf(service), stdin: 'records', signal: enough.signal });
  assert.equal(ran.status, 130);
  assert.equal(ran.err, 'The import goes on as job 1: trailport job 1 --watch.\ntrailport: Interrupted.\n');
});

test('the worst outcome decides the exit status: not sent 1, failed or cancelled 3, rejects 4, else 0', async () => {
  using place = temporary();
  writeFileSync(place.file('a'), 'records');
  const good = { result: { ...counts, assumed: [] } };
  const rejects = { result: { ...counts, rejected: 1, assumed: [] } };
  const failed = { state: 'failed', failure: { code: 'import_not_understood', message: 'Not understood.' } };
  const cases: [Record<string, unknown>[], string[], number][] = [
    [[good, good], ['a', 'a'], 0],
    [[good, rejects], ['a', 'a'], 4],
    [[rejects, good], ['a', 'a', '--allow-rejects'], 0],
    [[rejects, failed], ['a', 'a', '--allow-rejects'], 3],
    [[rejects, { state: 'cancelled' }], ['a', 'a'], 3],
    [[failed, rejects], ['a', 'a', 'none'], 1],
  ];
  for (const [jobs, files, expected] of cases) {
    await using own = await TinyService.start();
    serveImports(own, jobs);
    const argv = ['import', ...files.map((file) => (file.startsWith('-') ? file : place.file(file)))];
    const ran = await run([...argv, '--json'], { env: environmentOf(own) });
    assert.equal(ran.status, expected, ran.out);
    assert.equal(ran.err, '', 'with --json everything is in the document');
    assert.equal(
      (JSON.parse(ran.out) as { files: object[] }).files.length,
      files.filter((f) => f !== '--allow-rejects').length,
    );
  }
});
