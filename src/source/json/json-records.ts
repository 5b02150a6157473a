import { findingsAtOnce, type Reader, type Sink, shortened, tooLong, withoutSeparatorsAtEnd } from '../sink.ts';
import { Window } from '../window.ts';
import * as is from './bytes.ts';
import { noJson } from './fault.ts';
import { Nesting } from './nesting.ts';
import { isNamedLikePage, isPage } from './page.ts';
import { brokenLineEnd, cutFile, cutLine, type Layout, layoutAfterLine, mayOpenObject, resumes } from './recovery.ts';

/** Lists and pages may hold others. */
const deepestList = 4;
/**
 * Finds the records in JSON of any size and keeps one of them at a time: values one after another (NDJSON, pretty
 * printed, a single one), lists of them, pages with such a list in a member. After something broken it continues where
 * the next record begins, in NDJSON at the next line. `JSON.parse` decides whether a record is good JSON.
 */
export class JsonRecords implements Reader {
  readonly #sink: Sink;
  readonly #recordBytes: number;
  readonly #window = new Window();
  #at = 0;
  #line = 1;
  #doing: 'between' | 'record' | 'tail' | 'broken' = 'between';
  /** Where what is being read began. */
  #start = 0;
  #startLine = 1;
  #longHead: string | null = null;
  readonly #nesting = new Nesting();
  /** The current record is not a page, so its lists are part of it. Decided once: the check reads all of the record. */
  #ownsLists = false;
  #inString = false;
  readonly #lists: ('list' | 'page')[] = [];
  #layout: Layout = 'unknown';
  #valueSeen = false;
  #ending: { readonly broken: string | null } | null = null;
  #finished = false;

  constructor(sink: Sink, recordBytes: number) {
    this.#sink = sink;
    this.#recordBytes = recordBytes;
  }

  push(bytes: Buffer): void {
    const from = this.#doing === 'between' ? Math.min(this.#at, this.#window.end) : this.#start;
    this.#window.slide(from, bytes);
    this.#at -= from;
    this.#start -= from;
    this.resume();
  }

  end(broken: string | null): void {
    this.#ending = { broken };
    this.resume();
  }

  resume(): boolean {
    const isDone = this.#at >= this.#window.end;
    for (let left = findingsAtOnce; left > 0 && this.#at < this.#window.end; left--) {
      if (this.#doing === 'between') this.#between();
      else if (this.#doing === 'broken') this.#skipBroken();
      else this.#insideRecord();
    }
    if (this.#at < this.#window.end) return true;
    if (this.#ending !== null) return this.#finishFile(this.#ending.broken);
    this.#letGo();
    return !isDone;
  }

  /** Takes what is left at the end, once; true when the reading was set back to the second line. */
  #finishFile(broken: string | null): boolean {
    if (this.#finished) return false;
    if (this.#doing === 'record' && this.#rescued()) return true;
    this.#finished = true;
    const pending = this.#doing !== 'between' && this.#doing !== 'tail';
    if (pending) this.#reject(this.#window.end, broken ?? (this.#doing === 'record' ? cutFile : undefined));
    else if (broken !== null || this.#lists.length > 0) this.#sink.broken('', this.#line, broken ?? cutFile);
    return false;
  }

  #between(): void {
    const byte = this.#window.bytes[this.#at]!;
    if (byte === is.NEWLINE) this.#newline();
    else if (byte === is.OPEN_OBJECT) this.#begin('record', 'object');
    else if (byte === is.OPEN_LIST && this.#lists.length < deepestList) {
      this.#lists.push('list');
      this.#sink.list();
      this.#at++;
    } else if (byte === is.OPEN_LIST) this.#begin('record', 'list');
    else if (byte === is.CLOSE_LIST && this.#lists.at(-1) === 'list') {
      this.#lists.pop();
      this.#valueSeen = true;
      if (this.#lists.at(-1) === 'page') this.#begin('tail', 'object');
      this.#at++;
    } else if (is.separates[byte] === 1) this.#at++;
    else if (byte === is.QUOTE) this.#begin('record', null);
    else this.#begin('broken', null);
  }

  #newline(): void {
    this.#at++;
    this.#line++;
    if (this.#layout === 'lines' && this.#lists.length > 0) {
      this.#lists.length = 0;
      this.#sink.broken('', this.#line - 1, cutLine);
    } else this.#layout = layoutAfterLine(this.#layout, this.#lists.length > 0, this.#valueSeen);
  }

  /** `opens` is the bracket at `#at`; null when a string or something broken begins. */
  #begin(doing: 'record' | 'tail' | 'broken', opens: 'object' | 'list' | null): void {
    this.#doing = doing;
    this.#start = this.#at;
    this.#startLine = this.#line;
    this.#ownsLists = false;
    this.#nesting.depth = 0;
    this.#inString = doing === 'record' && opens === null;
    if (opens !== null) this.#nesting.open(opens === 'object');
    if (doing === 'record') this.#at++;
  }

  #insideRecord(): void {
    const { bytes, end } = this.#window;
    const nesting = this.#nesting;
    let inString = this.#inString;
    let at = this.#at;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (is.decides[byte] === 0) continue;
      if (byte === is.BACKSLASH) at += inString ? 1 : 0;
      else if (byte === is.QUOTE) inString = !inString;
      const plain =
        byte === is.BACKSLASH || (byte === is.QUOTE && nesting.depth > 0) || (inString && byte !== is.NEWLINE);
      if (plain) continue;
      this.#inString = inString;
      if (!this.#goesOn(byte, at)) return;
    }
    this.#inString = inString;
    this.#at = at;
  }

  /** Whether the record goes on after this bracket, line break or end of a string. */
  #goesOn(byte: number, at: number): boolean {
    const nesting = this.#nesting;
    if (byte === is.OPEN_OBJECT) {
      if (!this.#mayOpenObject(at)) return this.#breakAt(at);
      nesting.open(true);
    } else if (byte === is.OPEN_LIST) {
      if (nesting.depth === 1 && !nesting.inList && this.#isList(at)) return this.#openPage(at);
      nesting.open(false);
    } else if (byte === is.NEWLINE) {
      if (this.#inString || this.#layout === 'lines') return this.#breakAt(at);
      this.#line++;
    } else {
      if (byte !== is.QUOTE && !nesting.close(byte === is.CLOSE_OBJECT)) return this.#breakAt(at);
      if (nesting.depth === 0) return this.#finish(at + 1);
    }
    return true;
  }

  #mayOpenObject(at: number): boolean {
    // In a tail and in a long record the bytes before it are dropped.
    const isHeld = this.#doing !== 'tail' && this.#longHead === null;
    return !isHeld || mayOpenObject(this.#window.byteBefore(at, this.#start), this.#nesting.inList);
  }

  #isList(at: number): boolean {
    if (this.#longHead !== null || this.#ownsLists || this.#lists.length + 2 > deepestList) return false;
    const before = this.#window.bytes.subarray(this.#start, at);
    if (!isNamedLikePage(before)) return false;
    this.#ownsLists = this.#doing === 'record' && !isPage(before);
    return !this.#ownsLists;
  }

  #openPage(at: number): false {
    if (this.#doing === 'record') this.#lists.push('page');
    this.#lists.push('list');
    this.#sink.list();
    return this.#ended(at + 1);
  }

  #finish(end: number): false {
    const long = this.#longHead !== null || end - this.#start > this.#recordBytes;
    if (this.#doing === 'tail') this.#lists.pop();
    else if (long) this.#reject(end, tooLong(this.#recordBytes));
    else this.#sink.record(this.#window.bytes.subarray(this.#start, end), this.#startLine);
    this.#valueSeen = true;
    return this.#ended(end);
  }

  #ended(at: number): false {
    if (this.#layout === 'unknown' && this.#line > this.#startLine) this.#layout = 'document';
    this.#doing = 'between';
    this.#at = at;
    return false;
  }

  #breakAt(at: number): false {
    this.#at = at;
    if (this.#rescued()) return false;
    const byte = this.#window.bytes[at];
    const wholeLine = this.#layout === 'lines' || (this.#layout === 'unknown' && this.#lists.length === 0);
    const closesList = byte === is.CLOSE_LIST && this.#nesting.depth === 1 && this.#lists.at(-1) === 'list';
    const begins = !this.#inString && (byte === is.OPEN_OBJECT || closesList);
    if (begins && this.#doing === 'record' && !wholeLine) this.#reject(at);
    else this.#doing = 'broken';
    return false;
  }

  /** Rejects the first line alone, and sets the reading back to the second. */
  #rescued(): boolean {
    if (this.#layout !== 'unknown' || this.#lists.length > 0 || this.#longHead !== null) return false;
    const lineEnd = brokenLineEnd(this.#window.bytes.subarray(this.#start, Math.min(this.#at + 1, this.#window.end)));
    if (lineEnd === null) return false;
    this.#layout = 'lines';
    this.#reject(this.#start + lineEnd, cutLine);
    this.#line = this.#startLine;
    return true;
  }

  /** Skips to where a record may begin. */
  #skipBroken(): undefined {
    const place = { start: this.#start, inList: this.#lists.length > 0, bare: this.#nesting.depth === 0 };
    for (; this.#at < this.#window.end; this.#at++) {
      const isNewline = this.#window.bytes[this.#at] === is.NEWLINE;
      if (resumes(this.#window, { at: this.#at, layout: this.#layout, ...place })) {
        if (this.#layout === 'lines' && isNewline) this.#lists.length = 0;
        return this.#reject(this.#at);
      }
      if (isNewline) this.#line++;
    }
  }

  #reject(end: number, reason?: string): undefined {
    const bytes = this.#window.bytes.subarray(this.#start, end);
    const long = this.#longHead !== null || bytes.length > this.#recordBytes;
    const text = long ? (this.#longHead ?? shortened(bytes)) : withoutSeparatorsAtEnd(bytes.toString('utf8'));
    this.#sink.broken(text, this.#startLine, reason ?? (long ? noJson : undefined));
    this.#longHead = null;
    this.#doing = 'between';
    this.#at = end;
  }

  /** Drops all but the head of a record that is too long, and all but the last bytes of a page's tail. */
  #letGo(): void {
    const held = this.#window.end - this.#start;
    if (this.#doing === 'tail') this.#start = Math.max(this.#start, this.#window.end - 256);
    else if (this.#doing !== 'between' && (this.#longHead !== null || held > this.#recordBytes)) {
      this.#longHead ??= shortened(this.#window.bytes.subarray(this.#start, this.#window.end));
      this.#start = this.#window.end;
    }
  }
}
