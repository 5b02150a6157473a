import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fresh from 'fresh';
import Negotiator from 'negotiator';

/** The longest that a poll is held, seconds. */
const mostWaitSeconds = 60;
/** A longer header is passed over, like one that is not understood. The client's own software writes these. */
const mostCharacters = 8192;

/** The sender's request id if it has a usable form, else a new one. */
export function requestIdFor(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}

/**
 * `Prefer: wait=N` in seconds, at most 60; null without it. Preferences that are not understood are passed over
 * (RFC 7240 §2). Its grammar is not that of structured fields, and no maintained library reads it.
 */
export function waitSecondsFrom(prefer: string | readonly string[] | undefined): number | null {
  if (prefer === undefined) return null;
  for (const preference of short([prefer].flat().join(',')).split(',')) {
    // `name=value; parameters`, the value bare or quoted.
    const wait = /^wait\s*=\s*"?([0-9]{1,9})"?\s*(?:;.*)?$/i.exec(preference.trim())?.[1];
    if (wait !== undefined) return Math.min(Number(wait), mostWaitSeconds);
  }
  return null;
}

/** Whether `Cache-Control` asks for something new. */
export function wantsFresh(cacheControl: string | undefined): boolean {
  const directives = short(cacheControl).split(',');
  return directives.some((directive) => directive.trim().toLowerCase() === 'no-cache');
}

/** A tag that changes with the content. */
export function etagOf(content: string): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
}

/** Whether `If-None-Match` names the tag, by weak comparison (RFC 9110 §13.1.2). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return fresh({ 'if-none-match': short(ifNoneMatch) }, { etag });
}

/** Whether `Accept` names RFC 9457's media type: clients of the compatible API expect plain JSON. */
export function wantsProblem(accept: string | undefined): boolean {
  const named = new Negotiator({ headers: { accept: short(accept) } }).mediaTypes();
  return named.some((type) => type.toLowerCase() === 'application/problem+json');
}

/** Whether `Accept` prefers a page for people to JSON. */
export function wantsPage(accept: string | undefined): boolean {
  const types = ['application/json', 'text/html'];
  return new Negotiator({ headers: { accept: short(accept) } }).mediaType(types) === 'text/html';
}

function short(header: string | undefined): string {
  return header === undefined || header.length > mostCharacters ? '' : header;
}
