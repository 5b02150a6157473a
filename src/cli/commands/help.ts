import type { Command } from 'commander';
import { type Context, UsageError } from '../command.ts';

export function addHelp(program: Command, _context: Context): void {
  program
    .command('help')
    .description('explain a command')
    .argument('[command...]', 'such as: export user')
    .action((words: string[]) => {
      let command = program;
      for (const word of words) {
        const next = command.commands.find((one) => one.name() === word);
        if (next === undefined) {
          throw new UsageError(`There is no command '${words.join(' ')}'.`, 'See: trailport help');
        }
        command = next;
      }
      command.outputHelp();
    });
}
