import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { SqliteErasures } from '../../src/store/ledger/sqlite/erasures.ts';
import { SqliteLedger } from '../../src/store/ledger/sqlite/ledger.ts';

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

/** The moves of the ledger's erasures. */
const erasureMoves = ['commit', 'beginRemoval', 'endRemoval', 'conclude'] as const;

/** Does a step, whose name says what it changes. */
type Step = (work: () => Promise<unknown>, name: string) => Promise<unknown>;

/** Lets `step` do each step that changes a store, until the returned function is called. */
export function followSteps(step: Step): () => void {
  const { run } = ChdbEngine.prototype;
  ChdbEngine.prototype.run = function (...args) {
    return step(() => run.apply(this, args), statementName(args[0])) as Promise<void>;
  };
  const stops = [followMoves(SqliteLedger.prototype, moves, '', step)];
  stops.push(followMoves(SqliteErasures.prototype, erasureMoves, 'erasure: ', step));
  return () => {
    ChdbEngine.prototype.run = run;
    for (const stop of stops) stop();
  };
}

function followMoves(prototype: object, names: readonly string[], prefix: string, step: Step): () => void {
  const methods = prototype as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const before = names.map((name) => [name, methods[name]!] as const);
  for (const [name, move] of before) {
    methods[name] = function (...args) {
      return step(() => move.apply(this, args), prefix + name);
    };
  }
  return () => {
    for (const [name, move] of before) methods[name] = move;
  };
}

/** The first words of a statement and its table: `ALTER TABLE trailport.identity DELETE`. */
function statementName(sql: string): string {
  return sql.trim().split(/\s+/).slice(0, 4).join(' ');
}
