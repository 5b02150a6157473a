import { earliestTimeMs, latestTimeMs } from '../../../domain/activity.ts';
import { Failure } from '../../../domain/failure.ts';
import type { PageKey } from '../../../domain/page.ts';

/** The longest id of an activity that an address can hold, in bytes. */
const mostIdBytes = 32_768;

/** The place after an activity as the opaque text that clients send back. */
export function placeText({ timeMs, activityId }: PageKey): string {
  if (Buffer.byteLength(activityId) > mostIdBytes) {
    throw new Failure(
      'parameter_invalid',
      `The next page begins after an activity whose id has more than ${mostIdBytes} bytes; ask with another limit, or start an export.`,
    );
  }
  return Buffer.from(`${timeMs} ${activityId}`).toString('base64url');
}

/** The place of such a text; throws `parameter_invalid`. */
export function placeFrom(text: string): PageKey {
  const bytes = Buffer.from(text, 'base64url');
  const [, time = '', activityId = ''] = /^(-?[0-9]{1,14}) (.+)$/s.exec(bytes.toString()) ?? [];
  const timeMs = Number(time);
  // Only a text that this service has written is read.
  const isOurs = activityId !== '' && Buffer.from(`${time} ${activityId}`).toString('base64url') === text;
  if (!isOurs || timeMs < earliestTimeMs || timeMs > latestTimeMs) {
    throw new Failure(
      'parameter_invalid',
      'after must be the next of the page before; leave it out for the first page.',
    );
  }
  return { timeMs, activityId };
}
