import type { Command } from 'commander';
import type { Check } from '../../domain/check.ts';
import { printable } from '../../kit/print.ts';
import { answer, type Context, exitStatus, type Options } from '../command.ts';
import { localChecks } from '../doctor/local.ts';
import { serverChecks } from '../doctor/server.ts';

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('check settings, disk, data, keys, clock and server, and say what to do')
    .option('--data <dir>', 'data directory (TRAILPORT_DATA; default ./data)')
    .option('--thorough', 'compare the checksum of every file of the store too, which reads all of it')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (options: Options & { readonly thorough?: boolean }) => {
      const checks = [
        ...(await localChecks(context, options)),
        ...(await serverChecks(context.terminal, options.data)),
      ];
      const ok = checks.every(({ state }) => state !== 'to do');
      answer(context, options, { ok, checks }, page(checks));
      if (!ok) context.done(exitStatus.failed);
    });
}

const marks = { ok: 'ok', 'to do': 'TO DO', 'not checked': '-' } as const satisfies Record<Check['state'], string>;

function page(checks: readonly Check[]): string {
  const lines = checks.map(({ name, state, finding, advice }) => {
    const line = `${marks[state].padEnd(5)}  ${name.padEnd(14)}  ${printable(finding)}\n`;
    return advice === null ? line : `${line}${' '.repeat(23)}→ ${printable(advice)}\n`;
  });
  const count = (state: Check['state']) => checks.filter((check) => check.state === state).length;
  const unchecked = count('not checked') === 0 ? '' : ` Not checked: ${count('not checked')}, marked with -.`;
  const found =
    count('to do') === 0 ? 'Nothing to do.' : `${count('to do')} of ${checks.length} checks found something to do.`;
  return `${lines.join('')}\n${found}${unchecked}\n`;
}
