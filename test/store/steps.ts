import { Engine } from '../../src/store/engine/engine.ts';
import { SqliteLedger } from '../../src/store/ledger/sqlite.ts';

/** What changes a store: statements of the engine and moves of the ledger. */
const moves = [
  'begin',
  'commit',
  'abort',
  'beginRemoval',
  'endRemoval',
  'adopt',
  'setRules',
  'endStep',
  'forgetSteps',
] as const;

type Step = (work: () => Promise<unknown>) => Promise<unknown>;

/** Lets `step` do each step that changes a store, until the returned function is called. */
export function followSteps(step: Step): () => void {
  const { run } = Engine.prototype;
  Engine.prototype.run = function (...args) {
    return step(() => run.apply(this, args)) as Promise<void>;
  };
  const ledger = SqliteLedger.prototype as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const before = moves.map((move) => [move, ledger[move]!] as const);
  for (const [name, move] of before) {
    ledger[name] = function (...args) {
      return step(() => move.apply(this, args));
    };
  }
  return () => {
    Engine.prototype.run = run;
    for (const [name, move] of before) ledger[name] = move;
  };
}
