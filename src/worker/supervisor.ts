import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from '../domain/failure.ts';
import type { JobEvent } from '../domain/figures.ts';
import type { JobKey, TenantId } from '../domain/ids.ts';
import type { LookupAnswers, LookupName, LookupQuestions } from '../domain/lookup.ts';
import type { Clock } from '../kit/clock.ts';
import type { Logger } from '../kit/log.ts';
import { type LookupLimits, Lookups } from './lookups.ts';
import type { ToServer, ToWorker } from './messages.ts';

export type SupervisorParts = {
  readonly log: Logger;
  readonly clock: Clock;
  /** The command line of a worker that calls itself `holder`. */
  readonly commandFor: (holder: string) => readonly string[];
  /** A directory of its own: the engine takes a config.xml from where it is started. */
  readonly directory: string;
  /** Names this server's workers apart from all others. */
  readonly name: string;
  readonly onChanged: (key: JobKey) => void;
  readonly onEvent: (event: JobEvent) => void;
  /** A worker is gone, for whatever reason; what it held may be taken up again. */
  readonly onGone: (holder: string) => void;
  readonly stopMs: number;
  readonly lookupLimits: LookupLimits;
  /** A worker that says nothing for this long hangs: it is killed and replaced. */
  readonly silentMs: number;
};

/** After this much silence the worker is asked nothing, and the service is not ready. */
const doubtfulSeconds = 4;

/**
 * The engine's allocator (jemalloc) gives freed memory back after 1 s instead of 5 s, so that an export of originals of
 * 10 MB peaks 5 % lower. After 0.1 s it peaks 5 to 10 % lower still, but an export of five million rows takes 0.75 s of
 * processor more, 3 % of all, to get the memory again.
 */
const workerEnvironment = { JE_MALLOC_CONF: 'dirty_decay_ms:1000,muzzy_decay_ms:0', ...process.env };

/** Starts the worker, starts another when it ends, and passes messages. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  #child: ChildProcess | null = null;
  #ready = false;
  /** Why the last worker could not start. */
  #trouble: Failure | null = null;
  #stopping = false;
  #started = 0;
  /** How many ended one after the other within 10 s: the pause before the next grows. */
  #failed = 0;
  #restart: NodeJS.Timeout | undefined;
  /** Counted by ticks of a timer: while this process stands still, it does not hold that against the worker. */
  #silentSeconds = 0;
  readonly #lookups: Lookups;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#lookups = new Lookups(parts.lookupLimits, (message) => this.tell(message));
  }

  get ready(): boolean {
    return this.#ready && this.#silentSeconds < doubtfulSeconds;
  }

  /** `ready`, `starting`, or the code of why no worker can start. */
  get state(): string {
    return this.ready ? 'ready' : (this.#trouble?.code ?? 'starting');
  }

  start(): void {
    const { log, clock, commandFor, directory, name, onGone } = this.#parts;
    const holder = `${name}/${++this.#started}`;
    const startedMs = clock.monotonic();
    const [command = process.execPath, ...rest] = commandFor(holder);
    const child = spawn(command, rest, { cwd: directory, env: workerEnvironment, stdio: ['ignore', 2, 2, 'ipc'] });
    this.#child = child;
    log.info({ holder, pid: child.pid }, 'worker_started');
    child.on('message', (message: ToServer) => this.#hear(message));
    this.#silentSeconds = 0;
    const listen = setInterval(() => this.#listen(child, holder), 1000);
    child.on('error', (error) => log.error({ holder, err: error }, 'worker_error'));
    child.once('close', (code, signal) => {
      clearInterval(listen);
      this.#ready = false;
      this.#child = null;
      this.#lookups.endAll(notReady());
      onGone(holder);
      if (this.#stopping) return;
      this.#failed = clock.monotonic() - startedMs > 10_000 ? 0 : this.#failed + 1;
      const pauseMs = this.#failed <= 1 ? 0 : Math.min(100 * 2 ** this.#failed, 10_000);
      log.error({ holder, code, signal, pauseMs }, 'worker_ended');
      this.#restart = setTimeout(() => this.start(), pauseMs);
    });
  }

  tell(message: ToWorker): void {
    // A lost message does no harm: the worker looks at the database every second.
    if (this.#child?.connected) this.#child.send(message, () => {});
  }

  /** What the store holds now; throws `not_ready` while no worker can say, and what `Lookups` throws. */
  async lookUp<N extends LookupName>(
    name: N,
    tenant: TenantId,
    question: LookupQuestions[N],
    signal: AbortSignal,
  ): Promise<LookupAnswers[N]> {
    if (!this.ready) throw this.#trouble ?? notReady();
    return this.#lookups.ask(name, tenant, question, signal);
  }

  /** Lets the worker give back what it holds; kills one that takes longer than `stopMs`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === null) return;
    const closed = once(child, 'close');
    this.tell({ say: 'stop' });
    const kill = setTimeout(() => child.kill('SIGKILL'), this.#parts.stopMs);
    await closed;
    clearTimeout(kill);
  }

  /** Only once it was ready: opening a large store may take its thread for longer. */
  #listen(child: ChildProcess, holder: string): void {
    if (!this.#ready || ++this.#silentSeconds * 1000 < this.#parts.silentMs) return;
    this.#parts.log.error({ holder, silentSeconds: this.#silentSeconds }, 'worker_silent');
    child.kill('SIGKILL');
  }

  #hear(message: ToServer): void {
    this.#silentSeconds = 0;
    if (message.say === 'alive') return;
    if (message.say === 'ready') {
      this.#ready = true;
      this.#trouble = null;
      this.#parts.log.info({}, 'worker_ready');
    } else if (message.say === 'cannot start') {
      this.#trouble = new Failure(message.code, message.message);
    } else if (message.say === 'changed') {
      this.#parts.onChanged(message.key);
    } else if (message.say === 'happened') {
      this.#parts.onEvent(message.event);
    } else {
      this.#lookups.hear(message);
    }
  }
}

function notReady(): Failure {
  const message = 'The worker is starting; try again in a moment.';
  return new Failure('not_ready', message, { facts: { retryAfterSeconds: 1 } });
}
