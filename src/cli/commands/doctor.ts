import type { Command } from 'commander';
import { answer, type Context, type Options } from '../command.ts';
import type { Check } from '../doctor/check.ts';
import { localChecks } from '../doctor/local.ts';
import { serverChecks } from '../doctor/server.ts';

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('check settings, disk, store, keys, clock and server, and say what to do')
    .option('--data <dir>', 'data directory (TRAILPORT_DATA; default ./data)')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (options: Options) => {
      const { terminal } = context;
      const checks = [
        ...(await localChecks(terminal.env, options.data)),
        ...(await serverChecks(terminal, options.data)),
      ];
      const ok = checks.every(({ advice }) => advice === null);
      answer(context, options, { ok, checks }, page(checks));
      if (!ok) context.done(1);
    });
}

function page(checks: readonly Check[]): string {
  const lines = checks.map(({ name, finding, advice }) => {
    const head = `${advice === null ? 'ok   ' : 'to do'}  ${name.padEnd(14)}  ${finding}\n`;
    return advice === null ? head : `${head}${' '.repeat(23)}→ ${advice}\n`;
  });
  const todo = checks.filter(({ advice }) => advice !== null).length;
  const last = todo === 0 ? 'Everything is in order.' : `${todo} of ${checks.length} need something done.`;
  return `${lines.join('')}\n${last}\n`;
}
