/** Rows of one piece of the stream: those from `from` to before `to`. The bytes of a spent piece are not needed again. */
export type Piece = { readonly bytes: Uint8Array; readonly from: number; readonly to: number; readonly spent: boolean };

/** Hands out rows by number: a sheet may end inside a piece of the stream. */
export class RowSource implements AsyncDisposable {
  readonly #pieces: AsyncIterator<{ readonly rows: number; readonly bytes: Uint8Array }>;
  readonly #queue: Piece[] = [];

  constructor(pieces: AsyncIterable<{ readonly rows: number; readonly bytes: Uint8Array }>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The pieces that hold the next `rows` rows, or all there are; `take` hands them out again. */
  async peek(rows: number): Promise<readonly Piece[]> {
    const queued = () => this.#queue.reduce((sum, { from, to }) => sum + to - from, 0);
    while (queued() < rows) {
      const piece = await this.#next();
      if (piece === null) break;
      this.#queue.push(piece);
    }
    return this.#queue;
  }

  /** The next `rows` rows; fewer when the stream ends, which `rowsOf` reports. */
  async *take(rows: number): AsyncGenerator<Piece> {
    for (let missing = rows; missing > 0; ) {
      const piece = this.#queue.shift() ?? (await this.#next());
      if (piece === null) break;
      const to = Math.min(piece.to, piece.from + missing);
      if (to < piece.to) this.#queue.unshift({ ...piece, from: to });
      missing -= to - piece.from;
      yield { ...piece, to, spent: to === piece.to };
    }
  }

  /** Reads to the end, where `rowsOf` compares rows read with rows counted. */
  async expectEnd(): Promise<void> {
    while ((await this.#next()) !== null);
  }

  /** Closes the stream, wherever it is: also between two sheets. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(): Promise<Piece | null> {
    const { done, value } = await this.#pieces.next();
    return done ? null : { bytes: value.bytes, from: 0, to: value.rows, spent: true };
  }
}
