import type { JobKey } from '../../../domain/ids.ts';
import type { News } from '../journal.ts';

export const channel = 'trailport_job';

/**
 * Keys and words only: a payload has at most 8,000 bytes, and no content of a job. `sender` is any word that is the
 * sender's own: the server tells a process of its own notifications too.
 */
export function payloadFor(news: News, sender: string): string {
  return `${sender} ${news.what} ${news.what === 'work' ? '' : news.key}`;
}

/** Null for the own news of `hearer`, and for what another version may send. */
export function newsFrom(payload: string, hearer: string): News | null {
  const [sender, what, key] = payload.split(' ');
  if (sender === hearer) return null;
  if (what === 'work') return { what };
  if (what === 'changed' || what === 'cancelled') return { what, key: Number(key) as JobKey };
  return null;
}
