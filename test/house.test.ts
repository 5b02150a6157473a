import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const root = new URL('..', import.meta.url).pathname;
/** Words, tools and the wire's schemas: free to enter, with no door. */
const open = ['domain', 'kit', 'api'];
const middle = ['source', 'store', 'report', 'files', 'download', 'auth'];

/** Which rooms a room may import from, besides itself. `config` is the table of settings, `src/config.ts`. */
const mayEnter: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  kit: ['domain'],
  api: ['domain'],
  config: ['domain'],
  source: open,
  store: open,
  files: open,
  auth: open,
  metrics: open,
  report: [...open, 'store'],
  download: [...open, 'files'],
  backup: [...open, 'files', 'store'],
  job: [...open, ...middle],
  worker: [...open, ...middle, 'job'],
  http: [...open, ...middle, 'config', 'job', 'worker'],
  cli: [...open, ...middle, 'backup', 'config', 'job', 'worker'],
  // These join the parts, and only they may go past a door.
  system: ['*'],
  installation: ['*'],
  main: ['*'],
};

/** A room or folder with more files than this needs folders inside it. */
const mostFiles = 8;
/** One file a word, and one file a command: their names are their order. */
const mayBeFlat = ['domain', 'cli/commands'];

/** Packages and parts of Node that belong to one room, so that replacing one is one room's work. */
const belongsTo: Readonly<Record<string, string>> = {
  fastify: 'http',
  '@fastify/swagger': 'http',
  '@fastify/swagger-ui': 'http',
  '@fastify/type-provider-typebox': 'http',
  typebox: 'api',
  'fastest-levenshtein': 'http',
  fresh: 'http',
  negotiator: 'http',
  'range-parser': 'download',
  jose: 'auth',
  'oidc-provider': 'auth',
  '@prometheus-io/client': 'metrics',
  chdb: 'store',
  '@clickhouse/client': 'store',
  '@aws-sdk/client-s3': 'files',
  'csv-parse': 'source',
  yauzl: 'source',
  commander: 'cli',
  'cli-progress': 'cli',
  'openid-client': 'cli',
  'node:sqlite': 'kit',
  pg: 'kit',
  pino: 'kit',
  'pino-pretty': 'kit',
  'string-width': 'kit',
};

/** `domain`, `kit` … for a file below `src`, or the file's own name at its top. */
function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : basename(file, '.ts');
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** What a file imports, types too, whichever way it is written. */
function importsOf(text: string): string[] {
  const written =
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|\bimport\s*\(\s*'([^']+)'|^import\s*'([^']+)'/gm;
  return [...text.matchAll(written)].map((found) => found[1] ?? found[2] ?? found[3]!);
}

/** What is wrong with one import, or null. Paths are below `src`. */
function wrongWith(file: string, specifier: string): string | null {
  const room = roomOf(file);
  if (!specifier.startsWith('.')) {
    const owner = belongsTo[packageOf(specifier)];
    if (owner === undefined)
      return specifier.startsWith('node:') ? null : `${specifier} has no room in this test's table`;
    return owner === room ? null : `${specifier} belongs to ${owner}`;
  }
  const target = normalize(join(dirname(file), specifier));
  const other = roomOf(target);
  if (other === room) return null;
  const allowed = mayEnter[room];
  if (allowed === undefined) return `the room ${room} is not in this test's table`;
  if (allowed.includes('*')) return null;
  if (!allowed.includes(other)) return `${room} may not look into ${other}`;
  const hasNoDoor = open.includes(other) || other === 'config';
  return hasNoDoor || target === `${other}/${other}.ts` ? null : `${target} is behind the door ${other}/${other}.ts`;
}

const sources = globSync('**/*.ts', { cwd: join(root, 'src') }).map((file) => ({
  file,
  text: readFileSync(join(root, 'src', file), 'utf8'),
}));

test('rooms look only where the table lets them, and only through doors', () => {
  const wrong = sources.flatMap(({ file, text }) =>
    importsOf(text).flatMap((specifier) => {
      const reason = wrongWith(file, specifier);
      return reason === null ? [] : [`src/${file} imports ${specifier}: ${reason}`];
    }),
  );
  assert.ok(sources.length > 50, 'the sources were not found');
  assert.deepEqual(wrong, []);
});

test('the keeper of that table sees what is forbidden', () => {
  assert.equal(wrongWith('domain/job.ts', './ids.ts'), null);
  assert.equal(wrongWith('http/http.ts', '../job/job.ts'), null);
  assert.match(wrongWith('domain/job.ts', '../kit/clock.ts') ?? '', /domain may not look into kit/);
  assert.match(wrongWith('http/http.ts', '../job/journal/journal.ts') ?? '', /behind the door/);
  assert.match(wrongWith('source/source.ts', '../store/store.ts') ?? '', /source may not look into store/);
  assert.match(wrongWith('job/job.ts', 'fastify') ?? '', /belongs to http/);
  assert.match(wrongWith('kit/clock.ts', 'left-pad') ?? '', /no room/);
  const text =
    "import a, {\n  type B,\n} from '../a.ts';\nexport { c } from './c.ts';\nconst d = await import('d');\nimport 'e';";
  assert.deepEqual(importsOf(text), ['../a.ts', './c.ts', 'd', 'e']);
});

test('no file imports itself through others, types included: what parts share lies in a file below them', () => {
  const imports = new Map(
    sources.map(({ file, text }) => [
      file,
      importsOf(text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => normalize(join(dirname(file), specifier))),
    ]),
  );
  assert.deepEqual(circlesIn(imports), []);
  assert.deepEqual(
    circlesIn(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    ['b > c > b'],
  );
});

/** Every import that leads back to a file which is still being visited, with the way there. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (done.has(file)) return;
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file].join(' > '));
      return;
    }
    path.push(file);
    for (const next of imports.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return found;
}

test('a room or folder with more than eight files has folders', () => {
  const folders = new Map<string, { files: number; folders: Set<string> }>();
  for (const { file } of sources) {
    const parts = file.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      const seen = folders.get(folder) ?? { files: 0, folders: new Set() };
      if (depth === parts.length - 1) seen.files++;
      else seen.folders.add(parts[depth]!);
      folders.set(folder, seen);
    }
  }
  const flat = [...folders]
    .filter(([folder, seen]) => !mayBeFlat.includes(folder) && seen.files > mostFiles && seen.folders.size === 0)
    .map(([folder, seen]) => `src/${folder} has ${seen.files} files and no folders`);
  assert.ok(folders.size > 20);
  assert.deepEqual(flat, []);
});

test('every package that the program needs has its room', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
  // The package `node` is the runtime itself: bin/trailport starts it.
  const needed = Object.keys(dependencies ?? {}).filter((name) => name !== 'node');
  const used = new Set(sources.flatMap(({ text }) => importsOf(text).map(packageOf)));
  for (const name of needed) {
    assert.ok(belongsTo[name] !== undefined, `${name} has no room in this test's table`);
    assert.ok(used.has(name), `${name} is in package.json and nothing imports it`);
  }
});

test('no file has more than 250 lines, a barrel or a lumber room for a name, or syntax that Node cannot strip', () => {
  const files = globSync('{src,test,bench,examples,faults}/**/*.ts', { cwd: root });
  const wrong = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const lines = text.split('\n').length - 1;
    return [
      ...(lines > 250 ? [`${file} has ${lines} lines`] : []),
      ...(/^(index|utils?|helpers?|types|common|misc)\.ts$/.test(basename(file)) ? [`${file} says nothing`] : []),
      ...(/^\s*(export\s+)?(declare\s+)?(const\s+)?(enum|namespace)\s+\w+\s*\{/m.test(text)
        ? [`${file} has an enum`]
        : []),
    ];
  });
  assert.deepEqual(wrong, []);
});
