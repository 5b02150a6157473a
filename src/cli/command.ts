import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { Check } from '../domain/check.ts';
import { Failure, type FailureCode } from '../domain/failure.ts';
import type { BackupRequest, BackupResult } from '../domain/job.ts';
import type { InspectOptions } from '../store/store.ts';
import type { Terminal } from './terminal.ts';

/** What the exit statuses mean; 130 is what shells report for Ctrl-C. */
export const exitStatus = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  jobFailed: 3,
  recordsRejected: 4,
  interrupted: 130,
} as const;
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** What was restored: the backup's directory and time, and how many files and rows were compared with its manifest. */
export type RestoreSummary = {
  readonly backup: string;
  readonly madeAt: string;
  readonly files: number;
  readonly rows: number;
};

/** What the program has that the command line does not build: `main.ts` passes it in. */
export type Programs = {
  /**
   * Runs the service until SIGTERM or SIGINT and returns the exit status. Calls `onListening` once, when requests are
   * answered, with the address that clients use. Throws a `Failure` when it cannot start.
   */
  readonly serve: (config: Config, onListening: (at: { readonly url: string | null }) => void) => Promise<number>;
  /** Makes a backup of a data directory that no service uses. `progress` is called with a fraction from 0 to 1. */
  readonly backUp: (
    config: Config,
    request: BackupRequest,
    progress: (fraction: number) => void,
    signal: AbortSignal,
  ) => Promise<BackupResult>;
  /** What the store of a data directory holds that no service uses. */
  readonly inspect: (config: Config, options: InspectOptions) => Promise<readonly Check[]>;
  /** Builds the data directory of the settings from a backup. Throws `backup_damaged`, `cannot_start`. */
  readonly restore: (
    config: Config,
    source: string,
    progress: (fraction: number) => void,
    signal: AbortSignal,
  ) => Promise<RestoreSummary>;
};

export type Options = { readonly json?: boolean; readonly data?: string };

/** What every command is given. */
export type Context = {
  readonly terminal: Terminal;
  readonly programs: Programs;
  /** Sets the exit status of the command that runs. */
  readonly done: (status: ExitStatus) => void;
};

/** A command line that cannot be run: exit status 2. `hint` names the help to read. */
export class UsageError extends Failure {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super('usage', message);
    this.hint = hint;
  }
}

/** The options of every command that talks to a service. */
export function withServiceOptions(command: Command, json = 'print one JSON document and nothing else'): Command {
  return command
    .option('--data <dir>', "the service's data directory, for its credentials (TRAILPORT_DATA; default ./data)")
    .option('--json', json);
}

/** Writes the answer of a command: the document for programs, the text for people. */
export function answer(context: Context, options: Options, document: unknown, text: string): void {
  context.terminal.stdout.write(options.json ? jsonText(document) : text);
}

/** Writes a sentence for people beside the answer. Programs find the same in the document. */
export function note(context: Context, options: Options, sentence: string): void {
  if (!options.json) context.terminal.stderr.write(`${sentence}\n`);
}

export function jsonText(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

const usageCodes: readonly FailureCode[] = ['usage', 'parameter_invalid', 'parameter_unknown', 'settings_invalid'];

/** Any thrown value as one sentence without a stack, with the code that `--json` prints and the exit status. */
export function failureFrom(error: unknown): {
  readonly status: ExitStatus;
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string | null;
} {
  if (error instanceof Failure) {
    const { code, message } = error;
    const status = usageCodes.includes(code) ? exitStatus.wrongUsage : exitStatus.failed;
    return { status, code, message, hint: error instanceof UsageError ? error.hint : null };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { status: exitStatus.interrupted, code: 'interrupted', message: 'Interrupted.', hint: null };
  }
  const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  return { status: exitStatus.failed, code: 'internal', message, hint: null };
}
