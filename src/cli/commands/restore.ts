import type { Command } from 'commander';
import { configFrom } from '../../config.ts';
import { formatCount } from '../../kit/print.ts';
import { answer, type Context, type Options, UsageError } from '../command.ts';
import { barFor } from '../output/progress.ts';

export function addRestore(program: Command, context: Context): void {
  program
    .command('restore')
    .description('build a new data directory from a backup and check every row of it')
    .argument('<dir>', 'a backup, or the directory that holds backups: then the newest one')
    .option('--data <dir>', 'the new data directory; it must not exist or be empty')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (dir: string, options: Options) => {
      if (options.data === undefined) {
        throw new UsageError('--data is needed: a new directory.', 'See: trailport restore --help');
      }
      const config = configFrom({ data: options.data }, context.terminal.env);
      using bar = barFor(context.terminal, 'restore');
      const restored = await context.programs.restore(
        config,
        dir,
        (fraction) => bar.show(fraction, fraction < 1 ? '' : 'checking rows'),
        context.terminal.signal,
      );
      const { backup, madeAt, files, rows } = restored;
      const text = `${config.data}: restored from ${backup}, made at ${madeAt}. ${formatCount(files)} files and ${formatCount(rows)} rows match its manifest.\n`;
      answer(context, options, { data: config.data, ...restored }, text);
    });
}
