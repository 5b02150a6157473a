/**
 * The result of one check of `trailport doctor`. Every room offers checks of its own part at its door. `finding` is
 * what was found, `advice` what to do about it.
 */
export type Check = {
  readonly name: string;
  readonly state: 'ok' | 'to do' | 'not checked';
  readonly finding: string;
  readonly advice: string | null;
};

export function inOrder(name: string, finding: string): Check {
  return { name, state: 'ok', finding, advice: null };
}

export function toDo(name: string, finding: string, advice: string): Check {
  return { name, state: 'to do', finding, advice };
}

/** A check that was not possible, and why. */
export function notChecked(name: string, finding: string): Check {
  return { name, state: 'not checked', finding, advice: null };
}

/** The advice for what the first start of the service makes. */
export const startOnce = 'Start the service once with trailport serve.';
export const restoreBackup = 'Stop the service and restore the data directory from a backup.';
