import { type Check, notChecked, restoreBackup, toDo } from '../../domain/check.ts';
import { Failure, failures } from '../../domain/failure.ts';
import type { CheckRequest } from '../../domain/job.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openPlace } from '../parts.ts';
import type { StorePlace } from '../place.ts';
import { madeIn } from '../schema/open.ts';
import { schema } from '../schema/tables.ts';
import { checkGrowth, checkParts, checkTables } from './parts.ts';
import { checkRows, checkTally, checkUnfinished } from './rows.ts';

export type InspectOptions = CheckRequest & {
  readonly signal: AbortSignal;
};

/** What is in a store that is open; changes nothing. Damage is a check with something to do, not an error. */
export async function inspect(
  engine: Engine,
  ledger: Ledger,
  isServed: boolean,
  { thorough, monthly, signal }: InspectOptions,
): Promise<Check[]> {
  const checks: Check[] = [];
  const steps = [
    () => checkTables(engine),
    () => checkParts(engine, thorough, signal),
    () => checkRows(engine, ledger),
    () => checkTally(engine, ledger),
    () => checkUnfinished(ledger, isServed),
    () => checkGrowth(engine, monthly),
  ];
  for (const step of steps) {
    try {
      checks.push(...[await step()].flat());
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      checks.push(toDo('store', error.message, restoreBackup));
    }
  }
  return checks;
}

/** As `inspect`, for a store that no service has open. It is not brought up to date, and nothing is removed from it. */
export async function inspectDirectory(
  directory: string,
  place: StorePlace,
  options: InspectOptions,
): Promise<Check[]> {
  try {
    if (place.kind === 'embedded') {
      const made = madeIn(directory);
      if (made?.schema !== schema || made.from !== undefined) {
        return [notChecked('store', 'made by an older version; the next start of the service brings it up to date')];
      }
    }
    await using parts = await openPlace(directory, place);
    if ((await parts.ledger.rules()) === null) return [notChecked('store', 'not made yet')];
    return await inspect(parts.engine, parts.ledger, false, options);
  } catch (error) {
    options.signal.throwIfAborted();
    const message = error instanceof Failure ? error.message : 'it cannot be read';
    if (error instanceof Failure && failures[error.code].away)
      return [toDo('store', message, failures[error.code].advice)];
    return [toDo('store', message, restoreBackup)];
  }
}
