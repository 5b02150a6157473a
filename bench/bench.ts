import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatCount, formatTable } from '../src/kit/print.ts';
import { type Bench, type BenchRow, machine } from './machine.ts';

/**
 * `npm run bench -- NAME [--json]`: a table for people, or one JSON document. Exit 1 when a target does not hold.
 * `--millions` and `--stores` are for benches over large stores: how many million activities, and where they are kept.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, millions: { type: 'string' }, stores: { type: 'string' } },
});
const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.bench.ts'))
  .map((entry) => entry.name.replace(/\.bench\.ts$/, ''));
const [name] = positionals;
if (name === undefined || positionals.length !== 1 || !names.includes(name)) {
  process.stderr.write(
    `usage: npm run bench -- NAME [--json] [--millions 1,10,100] [--stores DIR], with NAME one of: ${names.join(', ')}\n`,
  );
  process.exit(2);
}

const bench = (await import(new URL(`./${name}.bench.ts`, import.meta.url).href)) as Bench;
const { rows, notes } = await bench.run((what) => process.stderr.write(`${what} …\n`), {
  millions: values.millions?.split(',').map(Number) ?? null,
  directory: values.stores ?? null,
});
if (values.json === true) {
  process.stdout.write(`${JSON.stringify({ bench: name, machine: machine(), rows })}\n`);
} else {
  process.stdout.write(`${name} on ${machine()}\n\n${tableOf(rows)}\n${notes.map((note) => `- ${note}\n`).join('')}`);
}
process.exitCode = rows.some(({ holds }) => holds === false) ? 1 : 0;

function tableOf(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ name, unit, value, target, holds }) => [
    name,
    formatCount(value, { maximumSignificantDigits: 4 }),
    unit,
    target === null ? '' : `target ${formatCount(target)}`,
    holds === null ? '' : holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  return formatTable([['Measured', 'Value', 'Unit', 'Target', ''], ...lines]);
}
