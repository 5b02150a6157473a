import { zipOf } from '../../source/field/zip.ts';
import type { Client } from '../client.ts';
import { distinct, microsoft, type Plain, plainRecords, sharedDataIsHere, sharedFiles } from '../naive.ts';
import type { Program } from '../program.ts';
import { fileOf, filesOf } from './formats.ts';
import { wholeSource } from './matching.ts';
import { oddRecords } from './odd-records.ts';
import type { Random } from './random.ts';
import { bodyOf, linesOf } from './ways.ts';

/** Tenants that got the same records in different ways, and what each must hold. */
export type Filled = { readonly tenants: ReadonlyMap<string, Client>; readonly records: readonly Plain[] };

/**
 * Fills tenants with the shared data and with odd records, all at the same time: once; everything twice and in other
 * orders; in other formats; by two imports that run at once. Then the exports of the first fill another tenant. `share`
 * is the share of the files of the shared data.
 */
export async function filledTenants(program: Program, random: Random, ids: number, share = 1): Promise<Filled> {
  const odd = oddRecords(random, ids);
  const files = sharedDataIsHere ? sharedFiles().filter(({ name }) => !name.includes('expanded-columns')) : [];
  const shared = random.some(files, Math.ceil(files.length * share));
  const archive = () =>
    zipOf(random.shuffled([...shared.map(asEntry), ['odd.ndjson', fileOf('ndjson', random.shuffled(odd))] as const]));
  const others = filesOf(random, odd, 10);
  const run = random.below(2 ** 31);
  const clients = new Map<string, Client>();
  for (const kind of kinds) clients.set(kind, await program.clientOf(`${kind.replaceAll(' ', '-')}-${run}`));
  const into = (kind: (typeof kinds)[number]) => clients.get(kind)!;
  await Promise.all([
    importAll(into('once'), [zipOf(shared.map(asEntry)), fileOf('ndjson', odd)]),
    importAll(into('twice'), [archive(), archive()]),
    importAll(into('other formats'), [zipOf(random.shuffled(shared).map(asEntry)), ...others]),
    importAll(into('two importers'), [archive()]),
    importAll(into('two importers'), [archive()]),
  ]);
  for (const source of ['google', 'microsoft365'] as const) {
    await importAll(into('own exports'), [await linesOf(into('once'), bodyOf(wholeSource(source)))]);
  }
  const records = shared.flatMap(({ name, bytes }) => plainRecords(name, bytes));
  const plain = odd.flatMap(({ record, text }) => microsoft(record, Buffer.byteLength(text)));
  return { tenants: clients, records: distinct([...records, ...plain]) };
}

const kinds = ['once', 'twice', 'other formats', 'two importers', 'own exports'] as const;

function asEntry({ name, bytes }: { readonly name: string; readonly bytes: Buffer }): readonly [string, Buffer] {
  return [name, bytes];
}

async function importAll(client: Client, files: readonly (Buffer | string)[]): Promise<void> {
  for (const file of files) {
    if (file.length === 0) continue;
    const { state, failure } = (await client.import(file)) as unknown as { state: string; failure: unknown };
    if (state !== 'finished') throw new Error(`An import ended ${state}: ${JSON.stringify(failure)}`);
  }
}
