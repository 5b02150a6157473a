import type { Activity } from '../../src/domain/activity.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { EraseRequest } from '../../src/domain/job.ts';
import { activity } from '../../test/store/activities.ts';
import { randomFrom } from '../moment/history.ts';

export const contoso = 'contoso' as TenantId;
export const fabrikam = 'fabrikam' as TenantId;
export const eraseJob = 900 as JobId;

/** What is written before an erasure, and the erasure; all of it follows from the seed. */
export type Plan = {
  /** Of each tenant, one after the other. Later writes replace versions of earlier ones. */
  readonly writes: readonly { readonly tenant: TenantId; readonly activities: readonly Activity[] }[];
  readonly request: Exclude<EraseRequest, { readonly what: 'unfinished' }>;
};

const users = ['anna@contoso.example', 'bert@contoso.example', 'carla@contoso.example'];
const dayMs = 86_400_000;
/** Two months: each is a partition. */
const spanDays = 45;
const startMs = Date.UTC(2025, 10, 1);

export function planFor(seed: number): Plan {
  const random = randomFrom(seed);
  const below = (most: number) => Math.floor(random() * most);
  const before = new Date(startMs + below(spanDays) * dayMs).toISOString();
  const user = users[below(users.length)]!.toUpperCase();
  const requests: readonly Plan['request'][] = [
    { what: 'user', user, before: null },
    { what: 'user', user, before },
    { what: 'tenant' },
    { what: 'expired', before },
  ];
  const request = requests[below(requests.length)]!;
  // Where only what is early is erased, a poorer record with a later time would be another activity that stays.
  const moves = request.what === 'tenant' || request.before === null;
  const writes: Plan['writes'][number][] = [];
  for (let write = 0; write < 2; write++) {
    for (const tenant of [contoso, fabrikam]) {
      const activities = Array.from({ length: 10 + below(60) }, () => {
        const number = below(150);
        return activity(number, {
          source: number % 5 === 0 ? 'google' : 'microsoft365',
          user: users[number % users.length]!.replace('contoso', tenant),
          // A richer version may have another time, in another month.
          timeMs: startMs + (number % spanDays) * dayMs + (moves && number % 7 === 0 ? write * 20 * dayMs : 0),
          raw: JSON.stringify({ Id: number, more: 'x'.repeat(write * below(3)) }),
        });
      });
      writes.push({ tenant, activities });
    }
  }
  return { writes, request };
}

/** Whether the request erases an activity of the tenant `contoso`. */
export function erases({ request }: Plan, { user, timeMs }: Pick<Activity, 'user' | 'timeMs'>): boolean {
  const whose = request.what !== 'user' || request.user.toLowerCase() === user.toLowerCase();
  return whose && (request.what === 'tenant' || request.before === null || timeMs < Date.parse(request.before));
}
