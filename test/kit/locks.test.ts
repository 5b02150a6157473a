import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { holdExclusively, holdIfFree, holdShared, isHeld } from '../../src/kit/sqlite/sqlite.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(directory, { recursive: true }));

test('a lock that some hold together is not given to one alone, and the other way round', () => {
  const path = join(directory, 'shared.lock');
  {
    using _one = holdShared(path, 0);
    using _two = holdShared(path, 0);
    assert.equal(holdIfFree(path), null);
    assert.throws(() => holdExclusively(path, 'It is held.'), /It is held\./);
    // Who only reads is not kept away.
    assert.equal(isHeld(path), false);
  }
  using alone = holdIfFree(path);
  assert.ok(alone !== null);
  assert.ok(isHeld(path));
  assert.throws(() => holdShared(path, 0), { code: 'cannot_start' });
});

test('a lock that another process holds with others is free once that process has been killed', async (t) => {
  const path = join(directory, 'other.lock');
  const source = new URL('../../src/kit/sqlite/sqlite.ts', import.meta.url);
  const script = `const { holdShared } = await import('${source}'); globalThis.held = holdShared('${path}', 0); console.log('held'); setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  assert.equal(holdIfFree(path), null);
  other.kill('SIGKILL');
  await once(other, 'close');
  using alone = holdIfFree(path);
  assert.ok(alone !== null);
});
