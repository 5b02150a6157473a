import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { placesIn } from '../../src/config.ts';
import { type Content, contentOf, makeInstallation } from './installation.ts';

const victim = new URL('./victim.ts', import.meta.url).pathname;
const name = 'trailport-20261125T000000Z';

type Killed = { readonly step: string; readonly signal: NodeJS.Signals | null };

/** Rounds of `kill -9` at a step of a backup or of a restore; each must leave something whole or nothing. */
export class BackupRounds implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), 'trailport-'));
  readonly #whole = join(this.#root, 'whole');
  readonly #backups = join(this.#root, 'backups');
  #expected!: Content;
  readonly #steps = { backup: 0, restore: 0 };

  /** Makes the installation that is backed up, a backup of it, and counts the steps of both. */
  async prepare(): Promise<void> {
    await makeInstallation(this.#whole);
    const copy = this.#copy('counted');
    this.#steps.backup = stepsOf(this.#kill('backup', copy, this.#backups, 1e9));
    this.#expected = await contentOf(this.#whole);
    this.#steps.restore = stepsOf(this.#kill('restore', join(this.#root, 'counted-restore'), this.#backups, 1e9));
  }

  /** A step to kill at. Most steps copy a file, so two of three are of those before and after that. */
  pick(what: 'backup' | 'restore', random: (below: number) => number): number {
    const steps = this.#steps[what];
    const last = what === 'backup' ? 4 : 16;
    return [() => random(steps), () => random(6), () => steps - 1 - random(last)][random(3)]!();
  }

  /** What is wrong after a kill at a step, one sentence each; and the name of the step. */
  async round(what: 'backup' | 'restore', step: number): Promise<{ readonly step: string; readonly wrong: string[] }> {
    const place = join(this.#root, `${what}-${step}`);
    try {
      return what === 'backup' ? await this.#backup(place, step) : await this.#restore(place, step);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #backup(place: string, step: number) {
    const data = join(place, 'data');
    const backups = join(place, 'backups');
    cpSync(this.#whole, data, { recursive: true });
    const killed = this.#kill('backup', data, backups, step);
    const wrong: string[] = [];
    const source = await this.#compare('the installation after the kill', data, wrong);
    const names = existsSync(backups) ? readdirSync(backups) : [];
    if (names.includes(name))
      await this.#restored('the published backup', backups, join(place, 'first'), source, wrong);
    // The next attempt at the same job.
    this.#kill('backup', data, backups, 1e9);
    if (!isDeepStrictEqual(readdirSync(backups), [name]))
      wrong.push(`${readdirSync(backups)} is there after another attempt`);
    for (const left of [placesIn(data).backing, join(placesIn(data).store, 'engine', 'shadow')]) {
      if (existsSync(left)) wrong.push(`${left} is left`);
    }
    const after = await this.#compare('the installation after another attempt', data, wrong);
    await this.#restored('the backup of another attempt', backups, join(place, 'second'), after, wrong);
    return { step: killed.step, wrong };
  }

  async #restore(place: string, step: number) {
    const killed = this.#kill('restore', place, this.#backups, step);
    const wrong: string[] = [];
    const places = placesIn(place);
    if (existsSync(places.restoring)) {
      const refused = spawnSync(process.execPath, [main, 'serve', '--data', place, '--port', '0'], {
        encoding: 'utf8',
      });
      if (refused.status !== 1 || !/was interrupted/.test(refused.stderr))
        wrong.push('a service starts on half a restore');
    } else if (existsSync(places.database)) await this.#compare('the restored installation', place, wrong);
    if (existsSync(places.restoring) || !existsSync(places.database)) {
      this.#kill('restore', place, this.#backups, 1e9);
      await this.#compare('the installation restored again', place, wrong);
    }
    return { step: killed.step, wrong };
  }

  async #restored(what: string, backups: string, data: string, source: Content | null, wrong: string[]): Promise<void> {
    this.#kill('restore', data, backups, 1e9);
    const content = await this.#compare(what, data, wrong);
    if (content !== null && source !== null && content.writes > source.writes)
      wrong.push(`${what} has more than was written`);
  }

  async #compare(what: string, data: string, wrong: string[]): Promise<Content | null> {
    try {
      const content = await contentOf(data);
      const { writes: _, ...rest } = content;
      const { writes: __, ...expected } = this.#expected;
      if (!isDeepStrictEqual(rest, expected)) wrong.push(`${what} does not hold what was acknowledged`);
      return content;
    } catch (error) {
      wrong.push(`${what}: ${(error as Error).message}`);
      return null;
    }
  }

  #kill(what: 'backup' | 'restore', data: string, backups: string, step: number): Killed {
    const { stdout, stderr, signal } = spawnSync(process.execPath, [victim, what, data, backups, name, String(step)], {
      encoding: 'utf8',
    });
    if (signal !== 'SIGKILL' && signal !== 'SIGTERM') throw new Error(`the ${what} ended by itself: ${stderr}`);
    return { step: stdout, signal };
  }

  #copy(to: string): string {
    const copy = join(this.#root, to);
    cpSync(this.#whole, copy, { recursive: true });
    return copy;
  }
}

const main = new URL('../../src/main.ts', import.meta.url).pathname;

function stepsOf({ step }: Killed): number {
  return Number.parseInt(step, 10);
}
