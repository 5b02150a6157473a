import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { type Context, type ExitStatus, failureFrom, jsonText, type Programs, UsageError } from './command.ts';
import { addActivities } from './commands/activities.ts';
import { addApp } from './commands/app.ts';
import { addBackup } from './commands/backup.ts';
import { addCancel } from './commands/cancel.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDownload } from './commands/download.ts';
import { addExport } from './commands/export.ts';
import { addForget } from './commands/forget.ts';
import { addHelp } from './commands/help.ts';
import { addImport } from './commands/import.ts';
import { addJob } from './commands/job.ts';
import { addJobs } from './commands/jobs.ts';
import { addRejects } from './commands/rejects.ts';
import { addRestore } from './commands/restore.ts';
import { addRetention } from './commands/retention.ts';
import { addServe } from './commands/serve.ts';
import { addStatus } from './commands/status.ts';
import { addStore } from './commands/store.ts';
import { addSummary } from './commands/summary.ts';
import type { Terminal } from './terminal.ts';

export type { Programs } from './command.ts';
export type { Terminal } from './terminal.ts';

const commands = [
  addServe,
  addImport,
  addRejects,
  addActivities,
  addSummary,
  addStore,
  addExport,
  addDownload,
  addStatus,
  addJob,
  addJobs,
  addCancel,
  addApp,
  addForget,
  addRetention,
  addBackup,
  addRestore,
  addDoctor,
  addHelp,
];

const afterHelp = `
Exit status: 0 done, 1 failed, 2 wrong usage, 3 the job failed or was cancelled,
4 the import is done but records were rejected, 130 interrupted.`;

/**
 * Runs one command line (without the program's name) and returns the exit status, `exitStatus` in `command.ts`. An
 * error is one sentence on standard error, with `--json` one document on standard output. Never throws.
 */
export async function runCli(argv: readonly string[], terminal: Terminal, programs: Programs): Promise<number> {
  let status: ExitStatus = 0;
  const done = (given: ExitStatus) => {
    status = given;
  };
  const program = programFor({ terminal, programs, done });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    // Help and the version are answers, and printed already.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { status: failed, code, message, hint } = failureFrom(usageFrom(error, argv, program));
    if (argv.includes('--json')) terminal.stdout.write(jsonText({ failure: { code, message } }));
    else terminal.stderr.write(`trailport: ${message}\n${hint === null ? '' : `${hint}\n`}`);
    return failed;
  }
}

function programFor(context: Context): Command {
  const { stdout } = context.terminal;
  const program = new Command('trailport')
    .description('Keeps Microsoft 365 and Google Workspace audit activities and exports them as reports.')
    .version(versionOfProgram(), '-V, --version', 'print the version')
    .addHelpText('after', afterHelp)
    .helpCommand(false)
    .exitOverride()
    // Errors are written once, in `runCli`; help is an answer.
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => {} })
    .configureHelp({ sortSubcommands: false });
  for (const add of commands) add(program, context);
  return program;
}

function versionOfProgram(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** An error of Commander as one sentence and a hint that names the help of the command. */
function usageFrom(error: unknown, argv: readonly string[], program: Command): unknown {
  if (!(error instanceof CommanderError)) return error;
  const words = commandWords(program, argv);
  const hint = `See: ${['trailport', ...words].join(' ')} --help`;
  if (error.code === 'commander.help') {
    const message = words.length === 0 ? 'A command is needed.' : `A command is needed after ${words.join(' ')}.`;
    return new UsageError(message, hint);
  }
  const [sentence = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  const suggested = suggestion === '' ? '' : ` ${suggestion.replace(/^\((.*)\)$/, '$1')}`;
  return new UsageError(
    `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.?$/, '.')}${suggested}`,
    hint,
  );
}

/** The words at the start of a command line that are commands: `export user`. */
function commandWords(program: Command, argv: readonly string[]): string[] {
  const names: string[] = [];
  let at: Command | undefined = program;
  for (const word of argv) {
    at = at.commands.find((command) => command.name() === word);
    if (at === undefined) break;
    names.push(word);
  }
  return names;
}
