import { Failure } from '../domain/failure.ts';
import type { StoreContent } from '../store/store.ts';

/** A file of a backup. `name` is its path in the backup, with `/`; `sha256` in hexadecimal. */
export type BackupFile = { readonly name: string; readonly bytes: number; readonly sha256: string };

/** What a backup holds, and by what each part of it is checked. */
export type Manifest = {
  readonly format: 1;
  readonly program: string;
  /** ISO 8601 UTC: when the copying began. Everything acknowledged before is in the backup. */
  readonly madeAt: string;
  readonly schema: number;
  /** Bytes that were not in an earlier backup of the same directory. */
  readonly copiedBytes: number;
  readonly files: readonly BackupFile[];
  readonly contents: readonly StoreContent[];
};

export const manifestName = 'manifest.json';
/** A manifest of ten thousand parts with fifty files each is half of this. */
const longestManifest = 2 ** 28;

export function manifestText(manifest: Manifest): string {
  const lines = (values: readonly unknown[]) => values.map((value) => `    ${JSON.stringify(value)}`).join(',\n');
  const { files, contents, ...facts } = manifest;
  const head = JSON.stringify(facts, null, 2).slice(0, -2);
  return `${head},\n  "contents": [\n${lines(contents)}\n  ],\n  "files": [\n${lines(files)}\n  ]\n}\n`;
}

/** Reads a manifest; throws `backup_damaged`. `place` is named in the message. */
export function manifestFrom(text: string, place: string): Manifest {
  const wrong = (what: string) =>
    new Failure('backup_damaged', `The manifest of ${place} ${what}; restore another backup.`);
  if (text.length > longestManifest) throw wrong('is too long');
  let value: Partial<Record<keyof Manifest, unknown>>;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('is no JSON');
  }
  if (value?.format !== 1) throw wrong('has a format that this version of Trailport does not know');
  const { files, contents } = value;
  const isWhole =
    isText(value.program) &&
    isText(value.madeAt) &&
    isCount(value.schema) &&
    isCount(value.copiedBytes) &&
    areFiles(files) &&
    areContents(contents);
  if (!isWhole) throw wrong('lacks a member or has a wrong one');
  return value as Manifest;
}

function areFiles(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const names = new Set<string>();
  for (const file of value as readonly Partial<BackupFile>[]) {
    if (!isText(file?.name) || !isInside(file.name) || names.has(file.name)) return false;
    if (!isCount(file.bytes) || !isText(file.sha256)) return false;
    names.add(file.name);
  }
  return true;
}

function areContents(value: unknown): boolean {
  const texts = ['table', 'tenant', 'source', 'month', 'sum', 'xor'] as const;
  return (
    Array.isArray(value) &&
    (value as readonly Partial<StoreContent>[]).every(
      (content) => isCount(content?.rows) && texts.every((name) => isText(content[name])),
    )
  );
}

/** Whether a path stays where it is written: no text of a backup may name a file outside of it. */
function isInside(name: string): boolean {
  return (
    name !== manifestName &&
    name.split('/').every((step) => step !== '' && step !== '.' && step !== '..' && !/[\p{Cc}\\]/u.test(step))
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 4096;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
