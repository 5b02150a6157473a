/** Which jobs a worker may take up now. */
export type Turn =
  | 'others'
  /** Starts nothing: running jobs may end, so that a suspect can run alone. */
  | 'none'
  /** What runs has had its time to end and goes back into the queue. */
  | 'none, and what runs goes back'
  /** One suspect, when nothing else runs. */
  | 'suspect';

type Phase = { readonly name: 'others' | 'drain' | 'alone'; readonly sinceMs: number };

/**
 * A suspect is a job whose attempts were cut off twice: it may be what kills the worker. It runs alone, so that no
 * other job pays for it; but the others get as much time as it does. Time is divided into three phases of at most
 * `turnMs` each: the others' turn; a drain, in which what runs may end; suspects alone, one after the other. A suspect
 * that outlives its phase goes on beside the others. Where nothing else waits or runs, its turn comes at once.
 */
export class Isolation {
  readonly #turnMs: number;
  #phase: Phase;

  /** `nowMs` is of a monotonic clock. A worker begins with the others' turn: it may have died of a suspect just now. */
  constructor(turnMs: number, nowMs: number) {
    this.#turnMs = turnMs;
    this.#phase = { name: 'others', sinceMs: nowMs };
  }

  /** `idle`: only suspects wait or run. `running`: how many jobs run. */
  turn(
    nowMs: number,
    queue: { readonly suspectWaits: boolean; readonly idle: boolean; readonly running: number },
  ): Turn {
    const over = nowMs - this.#phase.sinceMs >= this.#turnMs;
    switch (this.#phase.name) {
      case 'others':
        if (!queue.suspectWaits || !(over || queue.idle)) return 'others';
        return this.#drain(nowMs, queue.running);
      case 'drain':
        if (queue.running === 0) return this.#enter('alone', nowMs, 'suspect');
        return over ? 'none, and what runs goes back' : 'none';
      case 'alone':
        if (queue.running === 0 && queue.suspectWaits && !over) return 'suspect';
        return queue.running > 0 && !over ? 'none' : this.#enter('others', nowMs, 'others');
    }
  }

  #drain(nowMs: number, running: number): Turn {
    return running === 0 ? this.#enter('alone', nowMs, 'suspect') : this.#enter('drain', nowMs, 'none');
  }

  #enter(name: Phase['name'], sinceMs: number, turn: Turn): Turn {
    this.#phase = { name, sinceMs };
    return turn;
  }
}
