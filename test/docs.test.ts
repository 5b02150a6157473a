import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { pages } from '../docs/write.ts';
import { temporary } from './cli/tiny-service.ts';
import { Program } from './story/program.ts';
import { activitiesOf } from './story/workbook.ts';

const root = new URL('..', import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = globSync('{README.md,CHANGELOG.md,CONTRIBUTING.md,SECURITY.md,docs/**/*.md,examples/**/*.md}', {
  cwd: root,
});
let program: Program;

before(async () => {
  program = await Program.start();
});
after(() => program.remove());

test('the failures and settings pages are what the tables say: run node docs/write.ts after changing one', () => {
  for (const [name, text] of Object.entries(pages())) assert.equal(read(`docs/${name}`), text, name);
});

test('every dependency is on its page with its reason, and no other is', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const [, programs = '', work = ''] = read('docs/dependencies.md').split(/^## /m);
  const named = (section: string) =>
    [...section.matchAll(/^\| (`[^|]*`) *\|/gm)]
      .flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
      .sort();
  assert.deepEqual(named(programs), Object.keys(dependencies ?? {}).sort());
  assert.deepEqual(named(work), Object.keys(devDependencies ?? {}).sort());
});

test('every test that the promises name exists', () => {
  const tests = globSync('test/**/*.test.ts', { cwd: root }).map(read).join('\n');
  const named = [...read('docs/promises.md').matchAll(/^- `([^`]+)`/gm)].map(([, name = '']) => name);
  assert.ok(named.length > 20);
  const missing = named.filter((name) => !tests.includes(`test('${name}'`) && !tests.includes(`test("${name}"`));
  assert.deepEqual(missing, []);
});

test('every link between the documents leads somewhere', () => {
  const dead = documents.flatMap((file) =>
    [...read(file).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target) && !existsSync(join(root, dirname(file), target)))
      .map((target) => `${file}: ${target}`),
  );
  assert.ok(documents.length > 12);
  assert.deepEqual(dead, []);
});

test('every file and folder that the map and the README name is there', () => {
  const named = [...read('docs/map.md').matchAll(/`((?:[a-z-]+\/)+[a-z-]+\.ts)`/g)].map(
    ([, file = '']) => `src/${file}`,
  );
  const folders = [...read('README.md').matchAll(/\b([a-z]+)\/ {2,}/g)].map(([, folder = '']) => folder);
  assert.ok(named.length > 15 && folders.length > 12);
  const missing = [
    ...named.filter((file) => !existsSync(join(root, file))),
    ...folders.filter((folder) => !existsSync(join(root, folder)) && !existsSync(join(root, 'src', folder))),
  ];
  assert.deepEqual(missing, []);
});

test("the README's conversation works as it is written", async (t) => {
  const curl = await promisify(execFile)('curl', ['--version']).catch(() => null);
  if (curl === null) return t.skip('curl is not here: apt-get install curl');
  const script = /## A conversation[\s\S]*?```sh\n([\s\S]*?)```/.exec(read('README.md'))?.[1] ?? assert.fail();
  using place = temporary();
  // As in a checkout beside `npm start`: the program, the samples, and the data directory.
  symlinkSync(join(root, 'bin'), place.file('bin'));
  symlinkSync(join(root, 'examples'), place.file('examples'));
  symlinkSync(program.data, place.file('data'));
  const env = { ...process.env, TRAILPORT_DATA: undefined };
  const { stdout } = await promisify(execFile)('sh', ['-euc', script], { cwd: place.path, env });
  assert.match(stdout, /^Total +56 +53 +2 +1$/m);
  assert.match(stdout, /{"jobStatus":2,"status":200,"message":""}/);
  const [report = ''] = globSync('activity-export-*.zip', { cwd: place.path });
  assert.equal((await activitiesOf(readFileSync(place.file(report)))).length, 24);
});
