/** Node's pool has four threads by default. One stays free for what else needs it, such as checking signatures. */
const mostAtOnce = 3;

/**
 * Lets few reads go on at once, in the order in which they came. Hundreds of downloads would otherwise fill the queue of
 * the thread pool and each turn of the event loop, and every other request would wait behind them.
 */
export class Reads {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  async run<T>(read: () => Promise<T>): Promise<T> {
    if (this.#running < mostAtOnce) this.#running++;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
