import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { placesIn } from '../../src/config.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { Spool } from '../../src/files/spool.ts';
import { makePrivateDirectory } from '../../src/kit/files.ts';
import { add, app, contoso, openJournal } from '../job/fixtures.ts';

const entry = new URL('../../src/main.ts', import.meta.url).pathname;

async function* records(): AsyncGenerator<Buffer> {
  const record = (id: number) =>
    JSON.stringify({
      CreationTime: '2026-01-01T00:00:00',
      Id: `id-${id}`,
      Operation: 'Send',
      RecordType: 2,
      UserId: 'megan@contoso.example',
      Workload: 'Exchange',
    });
  for (let id = 0; id < 100_000; id++) yield Buffer.from(`${record(id)}\n`);
}

// This process is its server here, so that it sees how the worker ended: after a SIGSEGV or SIGABRT there is a core dump.
test('a worker whose server is gone in the midst of its exports ends at once, by SIGKILL and without a core dump', async (t) => {
  const jobs = openJournal('trailport.sqlite');
  t.after(() => jobs[Symbol.dispose]());
  const { journal, directory } = jobs;
  const places = placesIn(directory);
  const spooled = await (await Spool.open(places.spool)).receive(records(), 2 ** 30);
  const request = { fileName: null, ...spooled };
  const imported = await add(journal, {
    type: 'import',
    request,
    tenant: contoso,
    app,
    same: null,
    idempotencyKey: null,
  });

  const worker = spawn(process.execPath, [entry, 'worker', directory, 'test'], {
    cwd: await makePrivateDirectory(places.store),
    env: { ...process.env, TRAILPORT_LOG: 'silent' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  t.after(() => worker.kill('SIGKILL'));
  while ((await journal.find(contoso, imported))?.state !== 'finished') await new Promise(setImmediate);
  const exports = [];
  while (exports.length < 5) exports.push(await jobs.addExport());
  worker.send({ say: 'wake' });
  const rowsOf = async (id: JobId) => {
    const job = await journal.find(contoso, id);
    return job?.state === 'running' ? job.progress.rows : 0;
  };
  while (Math.max(...(await Promise.all(exports.map(rowsOf)))) === 0) await new Promise(setImmediate);

  const exit = once(worker, 'exit');
  worker.disconnect();
  assert.deepEqual(await exit, [null, 'SIGKILL']);
  assert.deepEqual(
    readdirSync(places.store).filter((name) => name.startsWith('core')),
    [],
  );
});
