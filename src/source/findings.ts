import { isUtf8 } from 'node:buffer';
import type { SourceItem } from './item.ts';
import { faultOf } from './json/fault.ts';
import { mayBePage } from './json/page.ts';
import { purviewActivity } from './records/purview.ts';
import { type FileContext, type Understood, understand } from './records/record.ts';
import { isObject, type JsonObject } from './records/values/member.ts';
import { noUtf8, type Sink, type TableRow } from './sink.ts';

/** One thing that a reader found and that is not interpreted yet. A record has its value where it is parsed already. */
export type Finding =
  | {
      readonly kind: 'record';
      readonly line: number;
      readonly json: string;
      readonly isUtf8: boolean;
      readonly value: JsonObject | null;
    }
  | { readonly kind: 'row'; readonly line: number; readonly row: TableRow; readonly written: () => string }
  | { readonly kind: 'broken'; readonly line: number; readonly text: string; readonly reason: string | undefined };

/**
 * Keeps what a reader finds until it is taken. The reader works on one piece of the file at a time, so it stays small.
 */
export class Findings implements Sink {
  listSeen = false;
  tableSeen = false;
  #found: Finding[] = [];
  readonly allUtf8: () => boolean;

  /** `allUtf8` answers whether everything that was read so far is UTF-8; records are checked only where it is not. */
  constructor(allUtf8: () => boolean) {
    this.allUtf8 = allUtf8;
  }

  record(bytes: Buffer, line: number): void {
    this.#found.push({ kind: 'record', line, json: bytes.toString('utf8'), isUtf8: this.#isUtf8(bytes), value: null });
  }

  wholeLine(bytes: Buffer, line: number): boolean {
    const json = bytes.toString('utf8');
    const value = objectIn(json);
    if (value === null || mayBePage(value)) return false;
    this.#found.push({ kind: 'record', line, json, isUtf8: this.#isUtf8(bytes), value });
    return true;
  }

  row(row: TableRow, line: number, written: () => string): void {
    this.#found.push({ kind: 'row', line, row, written });
  }

  broken(text: string, line: number, reason?: string): void {
    this.#found.push({ kind: 'broken', line, text, reason });
  }

  list(): void {
    this.listSeen = true;
  }

  table(): void {
    this.tableSeen = true;
  }

  take(): readonly Finding[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #isUtf8(bytes: Buffer): boolean {
    return this.allUtf8() || isUtf8(bytes);
  }
}

/** The object that a text is, or null when it is anything else. */
function objectIn(json: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** What a finding means. */
export function understood(finding: Finding, context: FileContext): Understood {
  if (finding.kind === 'broken')
    return { known: false, outcomes: [{ reason: finding.reason ?? faultOf(finding.text) }] };
  if (finding.kind === 'row') return understoodRow(finding.row, context);
  const record = understand(finding.json, context, finding.value);
  return finding.isUtf8 ? record : { known: record.known, outcomes: [{ reason: noUtf8 }] };
}

function understoodRow({ kind, cells }: TableRow, context: FileContext): Understood {
  if (kind === 'audit data') return { known: true, outcomes: [purviewActivity(cells, null, context.order)] };
  const filled = Object.entries(cells).filter(([, value]) => value !== '');
  context.assume('The table has no AuditData column; its rows were read by the names of their columns.');
  const { outcomes } = understand(JSON.stringify(Object.fromEntries(filled)), context);
  return { known: true, outcomes };
}

/** The items of a finding whose meaning is known. */
export function itemsOf(finding: Finding, outcomes: Understood['outcomes']): readonly SourceItem[] {
  const { line } = finding;
  return outcomes.map((outcome) =>
    'reason' in outcome
      ? { kind: 'reject', line, reason: outcome.reason, record: outcome.text ?? writtenText(finding) }
      : { kind: 'activity', line, activity: outcome },
  );
}

function writtenText(finding: Finding): string {
  if (finding.kind === 'row') return finding.written();
  return finding.kind === 'record' ? finding.json : finding.text;
}
