import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Bench, type BenchRow, machine } from './machine.ts';

/** `npm run bench -- NAME [--json]`: a table for people, or one JSON document. Exit 1 when a target does not hold. */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.bench.ts'))
  .map((entry) => entry.name.replace(/\.bench\.ts$/, ''));
const [name] = positionals;
if (name === undefined || positionals.length !== 1 || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- NAME [--json], with NAME one of: ${names.join(', ')}\n`);
  process.exit(2);
}

const bench = (await import(new URL(`./${name}.bench.ts`, import.meta.url).href)) as Bench;
const { rows, notes } = await bench.run((what) => process.stderr.write(`${what} …\n`));
if (values.json === true) {
  process.stdout.write(`${JSON.stringify({ bench: name, machine: machine(), rows })}\n`);
} else {
  process.stdout.write(`${name} on ${machine()}\n\n${tableOf(rows)}\n${notes.map((note) => `- ${note}\n`).join('')}`);
}
process.exitCode = rows.some(({ holds }) => holds === false) ? 1 : 0;

function tableOf(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ name, unit, value, target, holds }) => [
    name,
    value.toLocaleString('en-US', { maximumSignificantDigits: 4 }),
    unit,
    target === null ? '' : `target ${target.toLocaleString('en-US')}`,
    holds === null ? '' : holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...lines.map((line) => line[i]!.length)));
  const padded = lines.map((line) =>
    line.map((text, i) => (i === 1 ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))),
  );
  return `${padded.map((line) => line.join('  ').trimEnd()).join('\n')}\n`;
}
