import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';

/*
 * `npm test`: every test/…/*.test.ts, or those whose path contains one of the given words. Prints one line for each
 * file, then skipped tests with their reasons, failures, and `N passed, N failed`.
 */
const root = new URL('..', import.meta.url).pathname;
const words = process.argv.slice(2);
const files = globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
  .map((file) => `${root}${file}`);

const counts = new Map<string, { passed: number; failed: number; skipped: number }>();
const printed = new Map<string, string>();
const told = new Set<string>();
/** Names by file and reason. */
const skipped = new Map<string, string[]>();
const failures: string[] = [];

// A file that hangs fails after this time; the longest takes a small part of it.
const events = run({ files, concurrency: availableParallelism(), timeout: 300_000 });
if (files.length > 0) {
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.details.type !== 'suite') passed(data);
    else if (type === 'test:fail' && data.details.type !== 'suite') failed(data);
    else if (type === 'test:stdout' || type === 'test:stderr') print(data.file, data.message);
    else if (type === 'test:summary' && data.file !== undefined) tell(data.file, data.duration_ms);
  }
}
for (const file of counts.keys()) tell(file, 0);
conclude();

type Told = { readonly name: string; readonly file?: string; readonly line?: number; readonly skip?: string | boolean };

function passed(test: Told): void {
  const count = countOf(test.file);
  if (test.skip === undefined || test.skip === false) {
    count.passed++;
    return;
  }
  count.skipped++;
  const why = test.skip === true || test.skip === '' ? 'no reason given' : test.skip;
  const place = `${short(test.file)}: ${why}`;
  skipped.set(place, [...(skipped.get(place) ?? []), test.name]);
}

function failed(test: Told & { readonly details: { readonly error: Error & { failureType?: string } } }): void {
  countOf(test.file).failed++;
  const { error } = test.details;
  // It failed because a test inside it failed, which is reported by itself.
  if (error.failureType === 'subtestsFailed') return;
  const cause = inspect(error.cause ?? error, { depth: 6 });
  failures.push(`FAILED ${short(test.file)}:${test.line ?? 1}\n${test.name}\n${cause}\n`);
}

function print(file: string | undefined, message: string): void {
  printed.set(file ?? '', ((printed.get(file ?? '') ?? '') + message).slice(-4000));
}

function tell(file: string, ms: number): void {
  if (told.has(file)) return;
  told.add(file);
  const { passed, failed, skipped } = countOf(file);
  const rest = skipped === 0 ? '' : `, ${skipped} skipped`;
  const share = `${passed} of ${passed + failed}${rest}`;
  console.log(
    `${failed === 0 ? 'ok    ' : 'FAILED'}  ${short(file).padEnd(44)}  ${share}  (${(ms / 1000).toFixed(1)} s)`,
  );
  const output = printed.get(file);
  if (failed > 0 && output !== undefined) failures.push(`The end of what ${short(file)} printed:\n${output}`);
}

function conclude(): void {
  const sum = (name: 'passed' | 'failed' | 'skipped') => [...counts.values()].reduce((all, one) => all + one[name], 0);
  if (skipped.size > 0) console.log('\nSkipped, and why:');
  for (const [place, [first = '', ...others]] of skipped) {
    console.log(`  ${place}\n    ${first}${others.length === 0 ? '' : `, and ${others.length} more`}`);
  }
  if (failures.length > 0) console.log(`\n${failures.join('\n')}`);
  if (counts.size === 0) console.log('No test ran: the words given match no file under test/.');
  if (counts.size === 0 || sum('failed') > 0) process.exitCode = 1;
  const left = sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`;
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${left}`);
}

function countOf(file: string | undefined) {
  const count = counts.get(file ?? '') ?? { passed: 0, failed: 0, skipped: 0 };
  counts.set(file ?? '', count);
  return count;
}

function short(file: string | undefined): string {
  return file === undefined ? 'somewhere' : relative(root, file);
}
