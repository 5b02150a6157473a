import { Command, CommanderError } from 'commander';
import { type Context, failed, type Programs, UsageError } from './command.ts';
import { addApp } from './commands/app.ts';
import { addCancel } from './commands/cancel.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExport } from './commands/export.ts';
import { addImport } from './commands/import.ts';
import { addJob } from './commands/job.ts';
import { addJobs } from './commands/jobs.ts';
import { addServe } from './commands/serve.ts';
import { addStatus } from './commands/status.ts';
import type { Terminal } from './terminal.ts';

export type { Programs } from './command.ts';
export type { Terminal } from './terminal.ts';

const commands = [addServe, addImport, addExport, addStatus, addJob, addJobs, addCancel, addApp, addDoctor];

/**
 * Runs one command line (without the program's name) and answers the exit status: 0 done, 1 it failed (one sentence on
 * standard error), 2 wrong usage, 3 the job ended as failed or cancelled, 130 interrupted. Never throws.
 */
export async function runCli(argv: readonly string[], terminal: Terminal, programs: Programs): Promise<number> {
  let status = 0;
  const done = (told: number) => {
    status = told;
  };
  const program = programFor({ terminal, programs, done });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    // Help and the version were asked for and are printed already.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { status: failure, code, message, hint } = failed(fromCommander(error, argv, program));
    if (argv.includes('--json')) terminal.stdout.write(`${JSON.stringify({ failure: { code, message } }, null, 2)}\n`);
    terminal.stderr.write(`trailport: ${message}\n${hint === null ? '' : `${hint}\n`}`);
    return failure;
  }
}

function programFor(context: Context): Command {
  const { stdout } = context.terminal;
  const program = new Command('trailport')
    .description('Keeps Microsoft 365 and Google Workspace audit activities and exports slices of them as reports.')
    .helpCommand(false)
    .exitOverride()
    // Errors are written once, at the end, in one form; help goes where answers go.
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => {} })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true });
  for (const add of commands) add(program, context);
  return program;
}

/** Commander's complaints as one sentence and a hint that names the command. */
function fromCommander(error: unknown, argv: readonly string[], program: Command): unknown {
  if (!(error instanceof CommanderError)) return error;
  const words = wordsOf(program, argv);
  const see = `See: ${['trailport', ...words].join(' ')} --help`;
  if (error.code === 'commander.help') {
    return new UsageError(
      words.length === 0 ? 'A command is needed.' : `A command is needed after ${words.join(' ')}.`,
      see,
    );
  }
  const [sentence = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  const asked = suggestion === '' ? '' : ` ${suggestion.replace(/^\((.*)\)$/, '$1')}`;
  return new UsageError(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.?$/, '.')}${asked}`, see);
}

/** The commands that were named, as far as they exist: `export user`. */
function wordsOf(program: Command, argv: readonly string[]): string[] {
  const names: string[] = [];
  let at: Command | undefined = program;
  for (const word of argv) {
    at = at.commands.find((command) => command.name() === word);
    if (at === undefined) break;
    names.push(word);
  }
  return names;
}
