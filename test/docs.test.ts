import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { pages } from '../docs/write.ts';
import { run, temporary } from './cli/tiny-service.ts';
import { Program } from './story/program.ts';
import { activitiesOf } from './story/workbook.ts';

const root = new URL('..', import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = globSync(
  '{README.md,CHANGELOG.md,CONTRIBUTING.md,SECURITY.md,docs/**/*.md,deploy/*.md,examples/**/*.md}',
  {
    cwd: root,
  },
);
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
  const files = ['test/**/*.test.ts', 'test/{contract,story}/*.ts'];
  const tests = files.flatMap((pattern) => globSync(pattern, { cwd: root }).map(read)).join('\n');
  const named = [...read('docs/promises.md').matchAll(/^- `([^`]+)`/gm)].map(([, name = '']) => name);
  assert.ok(named.length > 20);
  // The promises of a port are named with the adapter before them.
  const written = (name: string) => [`test('${name}'`, `test("${name}"`, `(\`\${adapter}: ${name}\``];
  const missing = named.filter((name) => !written(name).some((text) => tests.includes(text)));
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

test('every file and folder that the map, the README and the page for contributors name exists', () => {
  const named = [...read('docs/map.md').matchAll(/`((?:[a-z-]+\/)+[a-z-]+\.ts)`/g)].map(
    ([, file = '']) => `src/${file}`,
  );
  named.push(
    ...[...read('CONTRIBUTING.md').matchAll(/`src\/((?:[a-z-]+\/)*[a-z-]*(?:\.ts)?)`/g)].map(
      ([, file = '']) => `src/${file.replace('NAME.ts', '')}`,
    ),
  );
  const folders = [...read('README.md').matchAll(/\b([a-z]+)\/ {2,}/g)].map(([, folder = '']) => folder);
  assert.ok(named.length > 15 && folders.length > 12);
  const missing = [
    ...named.filter((file) => !existsSync(join(root, file))),
    ...folders.filter((folder) => !existsSync(join(root, folder)) && !existsSync(join(root, 'src', folder))),
  ];
  assert.deepEqual(missing, []);
});

test('every command that the README gives for pasting works as it is written, in a new folder beside npm start', async (t) => {
  const curl = await promisify(execFile)('curl', ['--version']).catch(() => null);
  if (curl === null) return t.skip('curl is not here: apt-get install curl');
  const blocks = [...read('README.md').matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script = '']) => script);
  // The demo is run by a test of its own; `npm start` is running already.
  const scripts = blocks.filter((script) => !/^npm (ci|start|run demo)/m.test(script));
  assert.equal(blocks.length - scripts.length, 2);
  assert.equal(scripts.length, 2);
  using place = temporary();
  symlinkSync(join(root, 'bin'), place.file('bin'));
  symlinkSync(join(root, 'examples'), place.file('examples'));
  symlinkSync(program.data, place.file('data'));
  const env = { ...process.env, TRAILPORT_DATA: undefined };
  const runs: string[] = [];
  for (const script of scripts) {
    const { stdout } = await promisify(execFile)('sh', ['-euc', script], { cwd: place.path, env });
    runs.push(stdout);
  }
  const [commands = '', overHttp = ''] = runs;
  assert.match(commands, /^Total +56 +53 +2 +1$/m);
  assert.match(commands, /^activity-export-\d+\.zip: 24 rows/m);
  assert.equal(overHttp, '{"jobStatus":2,"status":200,"message":""}');
  const reports = globSync('{activity-export-*,report}.zip', { cwd: place.path });
  assert.equal(reports.length, 2);
  for (const report of reports) assert.equal((await activitiesOf(readFileSync(place.file(report)))).length, 24);
});

test('every command and option that the documents name is one of the program', async () => {
  const helpOf = async (...words: string[]) => (await run(['help', ...words])).out;
  const commands = [...(await helpOf()).matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name = '']) => name);
  assert.ok(commands.length > 10);
  const parents: Readonly<Record<string, readonly string[]>> = {
    export: ['user', 'object', 'tenant'],
    app: ['add', 'list', 'rotate', 'disable'],
  };
  const helps = await Promise.all(
    commands.flatMap((name) => [helpOf(name), ...(parents[name] ?? []).map((below) => helpOf(name, below))]),
  );
  const options = new Set([...helps, await helpOf()].flatMap((help) => help.match(/--[a-z]+(?:-[a-z]+)*/g) ?? []));
  // Options of other programs that the documents name.
  const others = ['--json', '--once', '--write'];
  const wrong = documents.flatMap((file) => {
    const text = read(file);
    const named = [...text.matchAll(/\btrailport ([a-z]+)\b/g)].map(([, name = '']) => name);
    const given = text.match(/(?<=[ `(])--[a-z]+(?:-[a-z]+)*/g) ?? [];
    return [
      ...named.filter((name) => !commands.includes(name)).map((name) => `${file}: trailport ${name}`),
      ...given.filter((option) => !options.has(option) && !others.includes(option)).map((o) => `${file}: ${o}`),
    ];
  });
  assert.deepEqual(wrong, []);
});
