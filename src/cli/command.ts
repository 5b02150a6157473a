import type { Config } from '../config.ts';
import { Failure } from '../domain/failure.ts';
import type { Terminal } from './terminal.ts';

/** 0 done · 1 it failed · 2 wrong usage · 3 the job ended as failed or cancelled · 130 Ctrl-C, as shells say it. */
export type ExitStatus = 0 | 1 | 2 | 3 | 130;

/** What the program has that is not the command line's to build: `main.ts` hands it in. */
export type Programs = {
  /**
   * Runs the service until SIGTERM or SIGINT and answers the exit status. Calls `onListening` once, when requests are
   * answered, with the address that clients use. Throws a `Failure` when it cannot start.
   */
  readonly serve: (config: Config, onListening: (at: { readonly url: string }) => void) => Promise<number>;
};

export type Options = { readonly json?: boolean; readonly data?: string };

/** What every command is given. */
export type Context = {
  readonly terminal: Terminal;
  readonly programs: Programs;
  /** Tells the exit status of the command that ran. */
  readonly done: (status: number) => void;
};

/** A command line that asks for something that cannot be: exit status 2. */
export class UsageError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** Writes a command's one answer: the document for programs, the text for people. */
export function answer(context: Context, options: Options, document: unknown, text: string): void {
  context.terminal.stdout.write(options.json ? `${JSON.stringify(document, null, 2)}\n` : text);
}

/** A sentence for the person, beside the answer; unnecessary for programs. */
export function remark(context: Context, options: Options, sentence: string): void {
  if (!options.json) context.terminal.stderr.write(`${sentence}\n`);
}

/** One sentence without a stack, whatever was thrown; also the code that `--json` names and the exit status. */
export function failed(error: unknown): { status: ExitStatus; code: string; message: string; hint: string | null } {
  if (error instanceof UsageError) return { status: 2, code: 'usage', message: error.message, hint: error.hint };
  if (error instanceof Failure) {
    const usage = ['parameter_invalid', 'parameter_unknown', 'settings_invalid'].includes(error.code);
    return { status: usage ? 2 : 1, code: error.code, message: error.message, hint: null };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { status: 130, code: 'interrupted', message: 'Interrupted.', hint: null };
  }
  const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  return { status: 1, code: 'internal', message, hint: null };
}
