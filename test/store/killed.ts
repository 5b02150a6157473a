import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const script = new URL('./open-once.ts', import.meta.url).pathname;

/**
 * Opens copies of a store that has to be moved, kills each at another step, and asserts what the next start makes of it.
 * Takes some of the steps, other ones each time; FAULTS=all takes every step.
 */
export async function killAtSteps(
  t: TestContext,
  source: string,
  assertMoved: (directory: string) => Promise<void>,
): Promise<void> {
  const stride = process.env.FAULTS === 'all' ? 1 : 14;
  let step = stride === 1 ? 0 : randomInt(stride);
  t.diagnostic(`from step ${step}, every ${stride}`);
  const root = mkdtempSync(join(tmpdir(), 'trailport-'));
  for (; ; step += stride) {
    const directory = join(root, `killed-${step}`);
    cpSync(source, directory, { recursive: true });
    const { signal, stderr } = spawnSync(process.execPath, [script, directory, String(step)]);
    assert.ok(signal === 'SIGKILL' || signal === 'SIGTERM', String(stderr));
    await assertMoved(directory);
    rmSync(directory, { recursive: true });
    if (signal === 'SIGTERM') break;
  }
  rmSync(root, { recursive: true });
  assert.ok(step > 25, `${step} steps`);
}
