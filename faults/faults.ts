import { readdirSync } from 'node:fs';

/** `npm run faults -- NAME [ARGUMENTS]`: one long test of what goes wrong, by its name. Exit 1 when it finds something. */
export type Fault = {
  /** Prints what it does and finds; the number of findings. */
  run(args: readonly string[], print: (line: string) => void): Promise<number>;
};

const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.fault.ts'))
  .map((name) => name.replace(/\.fault\.ts$/, ''));
const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run faults -- NAME, with NAME one of: ${names.join(', ')}\n`);
  process.exit(2);
}
const fault = (await import(new URL(`./${name}.fault.ts`, import.meta.url).href)) as Fault;
const findings = await fault.run(args, (line) => process.stdout.write(`${line}\n`));
process.exitCode = findings === 0 ? 0 : 1;
