import { existsSync, readFileSync } from 'node:fs';
import type { Activity } from '../../src/domain/activity.ts';
import { followed, readRecords, type SourceFile, type SourceItem } from '../../src/source/source.ts';

export const limits = { recordBytes: 1024 * 1024, inflatedBytes: 256 * 1024 * 1024, entries: 100 };

const folder = new URL('../../../shared/data/', import.meta.url);
export const noSharedData = existsSync(folder) ? false : 'shared/data is not here';

export function sharedFile(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

/** Everything a file holds, which comes in pieces of the lengths given in turn (one piece when none are). */
export async function itemsOf(
  file: string | Uint8Array,
  { pieces = [], recordBytes = limits.recordBytes, inflatedBytes = limits.inflatedBytes } = {} as {
    pieces?: readonly number[];
    recordBytes?: number;
    inflatedBytes?: number;
  },
): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  const bytes = Buffer.from(file);
  for await (const batch of readRecords(fileOf(bytes, pieces), { recordBytes, inflatedBytes, entries: limits.entries }))
    items.push(...batch);
  return items;
}

/** A file in memory that comes in pieces of the lengths given in turn. */
export function fileOf(bytes: Uint8Array, pieces: readonly number[] = []): SourceFile {
  return followed(bytes.length, (start, end) => inPieces(Buffer.from(bytes.subarray(start, end)), pieces));
}

/** What a file holds, in short, and what was assumed about it. */
export async function readingOf(file: string | Uint8Array): Promise<{ found: string[]; assumed: string[] }> {
  const bytes = Buffer.from(file);
  const assumed: string[] = [];
  const found: string[] = [];
  for await (const batch of readRecords(fileOf(bytes), limits, (sentence) => assumed.push(sentence))) {
    for (const item of batch) {
      found.push(item.kind === 'activity' ? item.activity.activityId : `reject: ${item.reason}`);
    }
  }
  return { found, assumed };
}

async function* inPieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  if (lengths.length === 0) return yield bytes;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

export async function activitiesOf(file: string | Uint8Array): Promise<Activity[]> {
  return (await itemsOf(file)).flatMap((item) => (item.kind === 'activity' ? [item.activity] : []));
}

/** The one activity of a file that holds one. */
export async function activityOf(file: string | Uint8Array): Promise<Activity> {
  const [item, ...more] = await itemsOf(file);
  if (item?.kind !== 'activity' || more.length > 0) throw new Error(JSON.stringify([item, ...more]));
  return item.activity;
}

/** What a file holds, in short: `1 id`, or `2 reject` with its reason. */
export async function outline(file: string | Uint8Array, options = {}): Promise<string[]> {
  return (await itemsOf(file, options)).map((item) =>
    item.kind === 'activity' ? `${item.line} ${item.activity.activityId}` : `${item.line} reject`,
  );
}

export function utf16(text: string, order: 'le' | 'be'): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

/** A good record of the Management Activity API, with what is said otherwise. */
export function record(id: string, over: Readonly<Record<string, unknown>> = {}) {
  return {
    Id: id,
    CreationTime: '2026-03-02T08:15:00',
    Operation: 'FileAccessed',
    RecordType: 6,
    UserType: 0,
    UserId: 'megan.bowen@contoso.example',
    Workload: 'SharePoint',
    ...over,
  };
}

export const json = (id: string, over: Readonly<Record<string, unknown>> = {}) => JSON.stringify(record(id, over));

/** A row of the portal's four columns. */
export function csvRow(auditData: string, date = '3/2/2026 8:15:00 AM'): string {
  return `${date},megan.bowen@contoso.example,FileAccessed,"${auditData.replaceAll('"', '""')}"`;
}

export const csvHeader = 'CreationDate,UserIds,Operations,AuditData';
