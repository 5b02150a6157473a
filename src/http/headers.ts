import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The longest that a poll is held, seconds. */
export const mostWaitSeconds = 60;

/** The sender's own id when it is a sane token, else a new one. */
export function requestIdFor(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}

/** `Prefer: wait=N` in seconds, at most 60; null without it. What is not understood is passed over (RFC 7240 §2). */
export function waitSecondsFrom(prefer: string | readonly string[] | undefined): number | null {
  for (const preference of [prefer ?? []].flat().join(',').split(',')) {
    // `name=value; parameters`, the value bare or quoted.
    const wait = /^\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (wait !== undefined) return Math.min(Number(wait), mostWaitSeconds);
  }
  return null;
}

/** Whether `Cache-Control` asks for something new. */
export function wantsFresh(cacheControl: string | undefined): boolean {
  return /(?:^|,)\s*no-cache\s*(?:,|$)/i.test(cacheControl ?? '');
}

/** A tag that changes with the content. */
export function etagOf(content: string): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
}

/** `If-None-Match` by weak comparison, RFC 9110 §13.1.2. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
