/** The brackets that are open inside a record, the record's own first. One byte for each. */
export class Nesting {
  depth = 0;
  #objects = new Uint8Array(256);

  open(isObject: boolean): void {
    if (this.depth === this.#objects.length) {
      const more = new Uint8Array(this.depth * 2);
      more.set(this.#objects);
      this.#objects = more;
    }
    this.#objects[this.depth++] = isObject ? 1 : 0;
  }

  /** Closes the innermost bracket; false when it is the other kind of bracket. */
  close(isObject: boolean): boolean {
    if (this.#objects[this.depth - 1] !== (isObject ? 1 : 0)) return false;
    this.depth--;
    return true;
  }

  /** Whether the innermost bracket is a list's. */
  get inList(): boolean {
    return this.depth > 0 && this.#objects[this.depth - 1] === 0;
  }
}
