import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sweep } from '../../faults/sweep/sweep.ts';
import { Program } from './program.ts';

test('no text in any parameter, header or member makes a 500 or takes more than 3 times the time of plain text', async (t) => {
  const program = await Program.start({ env: { TRAILPORT_LEASE_MS: '600000' } });
  t.after(() => {
    program.releaseWorker();
    return program.remove();
  });
  const { clientId, clientSecret } = program.credentials;
  const { jobId } = await program.json<{ jobId: string }>('/insights/users/a%40contoso.example/activities/export');
  await program.ended(jobId);
  // What the sweep starts may wait: only the answers count.
  program.holdWorker();
  const waits: number[] = [];
  const others: Promise<void>[] = [];
  const askMeanwhile = async () => {
    const askedMs = performance.now();
    assert.equal((await fetch(`${program.url}/healthz`)).status, 200);
    waits.push(performance.now() - askedMs);
  };
  const { findings, sent } = await sweep({
    url: program.url,
    token: await program.token(),
    known: { jobId, client_id: clientId, client_secret: clientSecret },
    whole: false,
    bodyCharacters: 128 * 1024,
    onPlace: () => others.push(askMeanwhile()),
  });
  await Promise.all(others);
  t.diagnostic(`${sent} messages, ${waits.length} other requests, the slowest ${Math.max(...waits).toFixed(0)} ms`);
  assert.deepEqual(findings, []);
  assert.ok(sent > 5000, `${sent}`);
  assert.ok(Math.max(...waits) < 1000);
});
