import type { Engine } from '../engine/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { ruledColumns, rulesVersion } from '../rules/rules.ts';
import { countOf } from './counts.ts';
import { copyFillings, fillTables, type OpeningProgress } from './fill.ts';

/**
 * Computes columns again whose rules have changed since their rows were stored. The copies are filled again, since those
 * columns are part of their order. The ledger has the version of the rules, so nothing is read when it is that of today.
 */
export async function applyRules(engine: Engine, ledger: Ledger, progress: OpeningProgress): Promise<void> {
  if ((await ledger.rules()) === rulesVersion) return;
  const work = `rules ${rulesVersion}`;
  if (!(await ledger.stepsOf(work)).includes('activity')) {
    await applyToActivity(engine, progress);
    await ledger.endStep(work, 'activity');
  }
  await fillTables(engine, ledger, work, copyFillings, progress);
  await ledger.setRules(rulesVersion);
  await ledger.forgetSteps(work);
}

/** The part that needs no copies. */
export async function applyToActivity(engine: Engine, progress: OpeningProgress): Promise<void> {
  const old = await countOf(engine, `activity WHERE rules != ${rulesVersion}`);
  if (old === 0) return;
  progress('applying rules', 0, old);
  const changes = Object.entries(ruledColumns).map(([column, rule]) => `${column} = ${rule}`);
  await engine.run(
    `ALTER TABLE trailport.activity UPDATE ${changes.join(', ')} WHERE rules != ${rulesVersion}
     SETTINGS mutations_sync = 2`,
  );
  progress('applying rules', old, old);
}
