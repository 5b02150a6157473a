import { findingsAtOnce, type Reader, type Sink, shortened, tooLong, withoutSeparatorsAtEnd } from '../sink.ts';
import { Window } from '../window.ts';
import * as is from './bytes.ts';
import { noJson } from './fault.ts';
import { Nesting } from './nesting.ts';
import { deepestList, isNamedLikePage, isPage } from './page.ts';
import * as recovery from './recovery.ts';
import { Strings } from './strings.ts';

/**
 * Finds the records in JSON of any size, one at a time: values one after another (NDJSON, pretty printed, a single one),
 * lists of them, pages with such a list in a member. `JSON.parse` decides whether a record is good JSON.
 */
export class JsonRecords implements Reader {
  readonly #sink: Sink;
  readonly #recordBytes: number;
  readonly #window = new Window();
  #at = 0;
  #line = 1;
  /** Where the last line break ended. */
  #lineStart = 0;
  #doing: 'between' | 'record' | 'tail' | 'broken' = 'between';
  /** Where what is being read began. */
  #start = 0;
  #startLine = 1;
  #longHead: string | null = null;
  readonly #nesting = new Nesting();
  /** The current record is not a page, so its lists are part of it. Decided once: the check reads all of the record. */
  #ownsLists = false;
  readonly #strings = new Strings();
  readonly #lists: ('list' | 'page')[] = [];
  #layout: recovery.Layout = 'unknown';
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
    this.#lineStart -= from;
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
    if (pending) this.#reject(this.#window.end, broken ?? (this.#doing === 'record' ? recovery.cutFile : undefined));
    else if (broken !== null || this.#lists.length > 0) this.#sink.broken('', this.#line, broken ?? recovery.cutFile);
    return false;
  }

  #between(): void {
    const byte = this.#window.bytes[this.#at]!;
    if (byte === is.NEWLINE) this.#newline();
    else if (byte === is.OPEN_OBJECT) this.#tookLine() || this.#begin('record', 'object');
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

  /** Whether the line that begins here was taken as one record: tried once a line, and only where each line is one. */
  #tookLine(): boolean {
    if (this.#layout !== 'lines' || this.#lists.length > 0 || this.#at !== this.#lineStart) return false;
    const json = recovery.restOfLine(this.#window, this.#at);
    if (json === null || json.length > this.#recordBytes || !this.#sink.wholeLine(json, this.#line)) return false;
    this.#at += json.length;
    return true;
  }

  #newline(): void {
    this.#at++;
    this.#line++;
    this.#lineStart = this.#at;
    if (this.#layout === 'lines' && this.#lists.length > 0) {
      this.#lists.length = 0;
      this.#sink.broken('', this.#line - 1, recovery.cutLine);
    } else this.#layout = recovery.layoutAfterLine(this.#layout, this.#lists.length > 0, this.#valueSeen);
  }

  /** `opens` is the bracket at `#at`; null when a string or something broken begins. */
  #begin(doing: 'record' | 'tail' | 'broken', opens: 'object' | 'list' | null): void {
    this.#doing = doing;
    this.#start = this.#at;
    this.#startLine = this.#line;
    this.#ownsLists = false;
    this.#nesting.depth = 0;
    this.#strings.inside = doing === 'record' && opens === null;
    if (opens !== null) this.#nesting.open(opens === 'object');
    if (doing === 'record') this.#at++;
  }

  #insideRecord(): void {
    const { bytes, end } = this.#window;
    for (let from = this.#at; ; from = this.#at + 1) {
      this.#at = this.#strings.next(bytes, from, end, this.#nesting.depth);
      if (this.#at >= end || !this.#goesOn(bytes[this.#at]!, this.#at)) return;
    }
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
      if (this.#strings.inside || this.#layout === 'lines') return this.#breakAt(at);
      this.#line++;
    } else {
      if (byte !== is.QUOTE && !nesting.close(byte === is.CLOSE_OBJECT)) return this.#breakAt(at);
      if (nesting.depth === 0) return this.#finish(at + 1);
    }
    return true;
  }

  #mayOpenObject(at: number): boolean {
    // In a tail and in a long record the bytes before it are dropped.
    if (this.#doing === 'tail' || this.#longHead !== null) return true;
    return recovery.mayOpenObject(this.#window.byteBefore(at, this.#start), this.#nesting.inList);
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
    if (this.#doing === 'tail') this.#lists.pop();
    else if (this.#longHead !== null || end - this.#start > this.#recordBytes)
      this.#reject(end, tooLong(this.#recordBytes));
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
    const begins = this.#doing === 'record' && !this.#strings.inside && (byte === is.OPEN_OBJECT || closesList);
    if (begins && !wholeLine) this.#reject(at);
    else this.#doing = 'broken';
    return false;
  }

  /** Rejects the first line alone, and sets the reading back to the second. */
  #rescued(): boolean {
    if (this.#layout !== 'unknown' || this.#lists.length > 0 || this.#longHead !== null) return false;
    const lineEnd = recovery.brokenLineEnd(
      this.#window.bytes.subarray(this.#start, Math.min(this.#at + 1, this.#window.end)),
    );
    if (lineEnd === null) return false;
    this.#layout = 'lines';
    this.#reject(this.#start + lineEnd, recovery.cutLine);
    this.#line = this.#startLine;
    return true;
  }

  /** Skips to where a record may begin. */
  #skipBroken(): undefined {
    const place = { start: this.#start, inList: this.#lists.length > 0, bare: this.#nesting.depth === 0 };
    for (; this.#at < this.#window.end; this.#at++) {
      const isNewline = this.#window.bytes[this.#at] === is.NEWLINE;
      if (recovery.resumes(this.#window, { at: this.#at, layout: this.#layout, ...place })) {
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
