import { Failure } from '../domain/failure.ts';
import { type Foreign, ownManifest, understoodKinds } from './detect.ts';
import type { SourceFile } from './file.ts';
import type { SourceItem } from './item.ts';
import { readText, type Verdict } from './text-file.ts';
import { DamagedEntry, type Entry, entriesOf, isArchive } from './unpack/archive.ts';

export { fileAt, followed, type SourceFile } from './file.ts';
export { type Gathering, type IntakeBatch, importResultFor, inBatches, type Tallied, Tally } from './intake.ts';
export type { SourceItem } from './item.ts';

/** The longest record, the most bytes that a packed file may unpack to, and the most files in a ZIP archive. */
export type ReadLimits = { readonly recordBytes: number; readonly inflatedBytes: number; readonly entries: number };

type Assume = (sentence: string) => void;

/**
 * Reads a file of audit records of any known kind, recognised by its content, also gzipped or a ZIP archive of such
 * files, and yields batches of what it holds in file order. Memory stays at a few records whatever the file's size.
 * `line` counts from 1 in the unpacked text of a file; the events of one Google activity share its line. A record
 * longer than `recordBytes` becomes a reject with its head.
 *
 * `say` is called with one plain sentence, once, for each thing that the file did not say and that was assumed, at most
 * `mostAssumed` times. The sentences hold nothing of the file's content.
 *
 * Throws `import_not_understood` when nothing in the file is of a known kind (rejects may have been yielded before),
 * `import_broken` when packed data breaks off before its first record, `body_too_large` past `inflatedBytes` or `entries`.
 */
export async function* readRecords(
  file: SourceFile,
  limits: ReadLimits,
  say: Assume = () => {},
): AsyncGenerator<SourceItem[]> {
  const assume = eachOnce(say);
  const isZip = await isArchive(file);
  yield* mostlyUnderstood(isZip ? readArchive(file, limits, assume) : readPlain(file, limits, assume));
}

async function* readPlain(file: SourceFile, limits: ReadLimits, assume: Assume): AsyncGenerator<SourceItem[]> {
  const packed = { open: () => file.read(), inflatedBytes: limits.inflatedBytes };
  const verdict = yield* readText(packed, limits, assume);
  if (verdict === 'understood') return;
  if (verdict.kind === 'broken off') throw new Failure('import_broken', `The gzip data ${cutOff}`);
  throw notUnderstood(verdict);
}

/** A file of two-byte faults has rejects sixty times its length: they must not fill the disk. */
const mostRejects = 10_000;
const rejectsPerActivity = 10;

/** Passes items on, and fails when there are many rejects and hardly any activities. */
async function* mostlyUnderstood(batches: AsyncIterable<SourceItem[]>): AsyncGenerator<SourceItem[]> {
  let activities = 0;
  let rejects = 0;
  let first: { readonly line: number; readonly reason: string } | null = null;
  for await (const batch of batches) {
    for (const item of batch) {
      if (item.kind === 'activity') activities++;
      else {
        rejects++;
        first ??= item;
      }
    }
    if (first !== null && rejects >= mostRejects && rejects > activities * rejectsPerActivity) {
      const message = `${rejects} of the file's first ${rejects + activities} records could not be understood; the first, on line ${first.line}: ${first.reason}`;
      throw new Failure('import_not_understood', message);
    }
    yield batch;
  }
}

/** What a reader assumes does not grow with the file. */
const mostAssumed = 20;

function eachOnce(say: Assume): Assume {
  const said = new Set<string>();
  return (sentence) => {
    if (said.size >= mostAssumed || said.has(sentence)) return;
    said.add(sentence);
    say(sentence);
  };
}

const cutOff = 'is cut off or damaged before its first record; send the whole file again.';

function notUnderstood({ found, advice = `understood are ${understoodKinds}` }: Foreign): Failure {
  return new Failure('import_not_understood', `The file is ${found}; ${advice}.`);
}

/**
 * Each file of an archive is read like one of its own; what is not understood becomes a reject with the entry's name.
 */
async function* readArchive(file: SourceFile, limits: ReadLimits, assume: Assume): AsyncGenerator<SourceItem[]> {
  const entries = await entriesOf(file, limits);
  const workbook = officeDocument(entries);
  if (workbook !== null) throw notUnderstood(workbook);
  let anyUnderstood = false;
  let isOwnReport = false;
  const refused: { readonly entry: Entry; readonly why: string; readonly foreign: Foreign | null }[] = [];
  for (const entry of entries) {
    const verdict = entry.unreadable ?? (yield* readEntry(entry, limits, assume));
    if (verdict === 'understood') anyUnderstood = true;
    else if (typeof verdict === 'string') refused.push({ entry, why: verdict, foreign: null });
    else if (verdict.kind === 'broken off') refused.push({ entry, why: `Its gzip data ${cutOff}`, foreign: null });
    else if (verdict.found === ownManifest) isOwnReport = true;
    else refused.push({ entry, why: `It is ${verdict.found}.`, foreign: verdict });
  }
  if (!anyUnderstood) throw nothingUnderstood(entries.length, refused, isOwnReport);
  for (const { entry, why } of refused) yield [entryReject(entry, why)];
}

async function* readEntry(
  { open, number }: Entry,
  limits: ReadLimits,
  assume: Assume,
): AsyncGenerator<SourceItem[], Verdict | string> {
  try {
    const batches = readText({ open, inflatedBytes: limits.inflatedBytes }, limits, assume);
    for (;;) {
      const next = await batches.next();
      if (next.done === true) return next.value;
      yield next.value.map((item) =>
        item.kind === 'reject' ? { ...item, reason: `File ${number} of the ZIP archive: ${item.reason}` } : item,
      );
    }
  } catch (error) {
    if (error instanceof DamagedEntry) return 'It is cut off or damaged; send the whole archive again.';
    throw error;
  }
}

function entryReject({ number, name }: Entry, why: string): SourceItem {
  const reason = `File ${number} of the ZIP archive was not read. ${why}`;
  return { kind: 'reject', line: 1, reason, record: name };
}

function nothingUnderstood(
  count: number,
  [first]: readonly { readonly why: string; readonly foreign: Foreign | null }[],
  isOwnReport: boolean,
): Failure {
  const files = count === 1 ? '1 file' : `${count} files`;
  const found = first === undefined ? 'an empty ZIP archive' : `a ZIP archive of ${files}, none of them understood`;
  const advice = isOwnReport
    ? 'a report of Trailport can be imported as JSON Lines; export it again in the format jsonl'
    : first?.foreign
      ? `the first is ${first.foreign.found}; ${first.foreign.advice ?? `understood are ${understoodKinds}`}`
      : first?.why.replace(/\.$/, '').replace(/^It/, 'its first file');
  return notUnderstood({ kind: 'foreign', found, ...(advice === undefined ? {} : { advice }) });
}

/** What an Office document is: a ZIP archive too, known by the names in it. */
function officeDocument(entries: readonly Entry[]): Foreign | null {
  const has = (start: string) => entries.some(({ name }) => name.startsWith(start));
  const asCsv = 'save it as CSV UTF-8 and send that';
  if (has('xl/') && has('[Content_Types].xml')) return { kind: 'foreign', found: 'an Excel workbook', advice: asCsv };
  if (has('[Content_Types].xml')) return { kind: 'foreign', found: 'an Office document', advice: asCsv };
  const isOpenDocument = has('mimetype') && has('content.xml');
  return isOpenDocument ? { kind: 'foreign', found: 'an OpenDocument file', advice: asCsv } : null;
}
