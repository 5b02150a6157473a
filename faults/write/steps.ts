import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { SqliteErasures } from '../../src/store/ledger/sqlite/erasures.ts';
import { SqliteLedger } from '../../src/store/ledger/sqlite/ledger.ts';

type Work = (...args: unknown[]) => Promise<unknown>;

/** Lets `step` do every statement of the engine and every call of the ledger of this process, each with its name. */
export function followSteps(step: (work: () => Promise<unknown>, name: string) => Promise<unknown>): void {
  follow(ChdbEngine.prototype, ['run'], (_, [sql]) => nameOf(String(sql)), step);
  for (const { prototype } of [SqliteLedger, SqliteErasures]) {
    const names = Object.getOwnPropertyNames(prototype).filter(
      (name) => name !== 'constructor' && isMethod(prototype, name),
    );
    follow(prototype, names, (name) => `ledger ${name}`, step);
  }
}

function isMethod(prototype: object, name: string): boolean {
  return typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function';
}

function follow(
  prototype: object,
  names: readonly string[],
  named: (name: string, args: readonly unknown[]) => string,
  step: (work: () => Promise<unknown>, name: string) => Promise<unknown>,
): void {
  const methods = prototype as Record<string, Work>;
  for (const name of names) {
    const method = methods[name]!;
    methods[name] = function (this: unknown, ...args) {
      return step(() => method.apply(this, args), named(name, args));
    };
  }
}

/** `insert by_user` of a statement, or its first two words. */
function nameOf(sql: string): string {
  const [, verb = '', table = ''] =
    /^\s*(\w+)\s+(?:INTO\s+|FROM\s+|TEMPORARY\s+|TABLES?\s+|IF\s+(?:NOT\s+)?EXISTS\s+|DATABASE\s+)*(?:trailport\.)?(\w+)/i.exec(
      sql,
    ) ?? [];
  return `${verb.toLowerCase()} ${table}`;
}
