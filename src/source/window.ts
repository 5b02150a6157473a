const NEWLINE = 0x0a;

/** A buffer of bytes that are not read yet: new bytes are appended, read ones are dropped. */
export class Window {
  bytes: Buffer = Buffer.allocUnsafe(64 * 1024);
  /** Index after the last byte. */
  end = 0;
  #filled = this.bytes.subarray(0, 0);

  /** Drops what lies before `from` and appends; every index shrinks by `from`. */
  slide(from: number, more: Buffer): void {
    const kept = this.end - from;
    if (kept + more.length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(kept + more.length, this.bytes.length * 2));
      this.bytes.copy(larger, 0, from, this.end);
      this.bytes = larger;
    } else if (from > 0) this.bytes.copy(this.bytes, 0, from, this.end);
    more.copy(this.bytes, kept);
    this.end = kept + more.length;
    this.#filled = this.bytes.subarray(0, this.end);
  }

  /** The first line feed from `at` on, or -1. */
  lineEndFrom(at: number): number {
    return this.#filled.indexOf(NEWLINE, at);
  }

  /** The last byte before `at` that is not white space; 0 when there is no such byte from `from` on. */
  byteBefore(at: number, from: number): number {
    let i = at - 1;
    while (i > from && this.bytes[i]! <= 0x20) i--;
    return i < from ? 0 : this.bytes[i]!;
  }
}
