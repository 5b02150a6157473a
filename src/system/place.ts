import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { answersHttp, type Config, isShared, type placesIn, works } from '../config.ts';
import { Failure } from '../domain/failure.ts';
import type { Files } from '../files/files.ts';
import { makePrivateDirectory } from '../kit/files.ts';
import { holdExclusively, holdIfFree, holdShared } from '../kit/sqlite/sqlite.ts';

type Places = ReturnType<typeof placesIn>;

/** A data directory that a process holds. */
export type Held = Disposable & {
  /** Whether no other worker is there, though others may come. */
  readonly isAlone: boolean;
  /** Lets others come; before that, they wait. */
  share(): void;
};

/** Longer than a worker takes to remove leftovers, in ms. */
const tidyMs = 30_000;

/** Refuses a role that could not keep its promises with these settings; throws `settings_invalid`. */
export function refuseRole({ role, databaseUrl, publicUrl }: Config): void {
  if (role === 'all') return;
  if (databaseUrl === null) {
    const message = `--role ${role} needs TRAILPORT_DATABASE_URL, because several processes share their jobs in PostgreSQL; set it, or leave --role out.`;
    throw new Failure('settings_invalid', message);
  }
  if (role === 'http' && publicUrl === null) {
    const message =
      '--role http needs TRAILPORT_PUBLIC_URL, because the tokens of one process are good at the others only when all have one address; set it to the address that clients use.';
    throw new Failure('settings_invalid', message);
  }
}

/**
 * The data directory, made if it is not there, and held if this process starts a worker: alone, or together with other
 * workers where the store is shared. Throws `cannot_start` when nothing can be written in it, when a restore into it was
 * interrupted, or when another process has a worker on it that lets no other work.
 */
export async function holdDirectory(config: Config, places: Places): Promise<Held> {
  const { data } = config;
  await usableDirectory(data);
  if (existsSync(places.restoring)) {
    const message = `A restore into ${data} was interrupted; run trailport restore again, or give another --data.`;
    throw new Failure('cannot_start', message);
  }
  const used =
    config.role === 'worker'
      ? `Another worker is using ${data}, and its activities can be opened by one worker at a time; stop that one, or give another --data.`
      : `Another trailport serve is using ${data}; stop it, or give another --data.`;
  if (!works(config)) return heldBy(new DisposableStack(), null);
  if (!isShared(config)) return heldBy(holdExclusively(places.lock, used), null);
  const alone = holdIfFree(places.lock);
  return alone === null ? heldBy(holdShared(places.lock, tidyMs), null) : heldBy(alone, places.lock);
}

/**
 * Lets `removeLeftovers` run, unless other processes work or answer HTTP on this directory: what they write or receive
 * belongs to no job yet. Then says that this process answers, if it does, until it is disposed of.
 */
export async function tidyThenAnswer(
  config: Config,
  places: Places,
  held: Held,
  removeLeftovers: () => Promise<void>,
): Promise<Disposable> {
  if (config.databaseUrl === null) {
    // With jobs in a file, the one process that holds the directory does everything.
    await removeLeftovers();
    return new DisposableStack();
  }
  if (works(config) && (held.isAlone || !isShared(config))) {
    using alone = holdIfFree(places.answering);
    if (alone !== null) await removeLeftovers();
  }
  held.share();
  return answersHttp(config) ? holdShared(places.answering, tidyMs) : new DisposableStack();
}

/** `shared` is the lock to share later; null for none. */
function heldBy(first: Disposable, shared: string | null): Held {
  let lock = first;
  let isShared = shared === null;
  return {
    isAlone: shared !== null,
    share: () => {
      if (isShared || shared === null) return;
      isShared = true;
      lock[Symbol.dispose]();
      lock = holdShared(shared, tidyMs);
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** Whether files can be written here, and kept where they are kept. */
export function areUsable({ reports, spool }: Places, { shelf }: Files): Promise<boolean> {
  const looks = [reports, spool].map((directory) => access(directory, constants.W_OK | constants.X_OK));
  return Promise.all([...looks, shelf.kept.check()]).then(
    () => true,
    () => false,
  );
}

async function usableDirectory(data: string): Promise<void> {
  try {
    await makePrivateDirectory(data);
    await access(data, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `The data directory ${data} cannot be written (${code}); give it to this user, or name another with --data.`;
    throw new Failure('cannot_start', message, { cause });
  }
}
