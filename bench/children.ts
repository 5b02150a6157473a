import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a child process measured: of each run the seconds, of the process the most memory it ever held. */
export type Timed = {
  readonly rows: number;
  readonly seconds: readonly number[];
  readonly rssBytes: number;
};

const execute = promisify(execFile);

/** Runs a script of this folder in a process of its own; its last line is its answer. */
export async function timedScript(script: string, ...args: readonly string[]): Promise<Timed> {
  return timedProgram(process.execPath, new URL(script, import.meta.url).pathname, ...args);
}

export async function timedProgram(program: string, ...args: readonly string[]): Promise<Timed> {
  const { stdout } = await execute(program, args, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Timed;
}
