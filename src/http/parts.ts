import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { Config } from '../config.ts';
import type { Caller } from '../domain/access.ts';
import type { TenantId } from '../domain/ids.ts';
import type { LookupAnswers, LookupName, LookupQuestions } from '../domain/lookup.ts';
import type { Downloads } from '../download/download.ts';
import type { Spool } from '../files/files.ts';
import type { Desk } from '../job/job.ts';
import type { Clock } from '../kit/clock.ts';
import type { Logger } from '../kit/log.ts';

/** What the API counts while it answers, for who asks for figures. Plain numbers, so that counting costs nothing. */
export type Traffic = {
  /** Polls that were answered in front of the router. */
  plainPolls: number;
  /** Polls that are held now. */
  heldPolls: number;
  /** An answer was sent. `seconds`: since the request came; null for a poll that was held because its client wished so. */
  readonly answered: (method: string, route: string | undefined, status: number, seconds: number | null) => void;
};

/** Where nobody asks. */
export function uncounted(): Traffic {
  return { plainPolls: 0, heldPolls: 0, answered: () => {} };
}

/** What the API is built from. */
export type HttpParts = {
  readonly auth: {
    authenticate(authorization: string | undefined, scope: string): Promise<Caller>;
    /** The same at once for a header that was authenticated before; null for another. Throws as `authenticate` does. */
    remembered(authorization: string | undefined, scope: string): Caller | null;
    handle(request: IncomingMessage, response: ServerResponse): void;
    readonly paths: readonly string[];
  };
  readonly desk: Desk;
  readonly downloads: Downloads;
  readonly spool: Spool;
  readonly config: Pick<Config, 'publicUrl' | 'limits'>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly traffic: Traffic;
  readonly health: () => Promise<{ readonly ready: boolean; readonly parts: Readonly<Record<string, string>> }>;
  /**
   * What the store holds now; ends when the signal aborts. Throws `not_ready`, `too_many_counts`, `too_busy`,
   * `count_timeout`, `store_unreachable`.
   */
  readonly lookUp: <N extends LookupName>(
    name: N,
    tenant: TenantId,
    question: LookupQuestions[N],
    signal: AbortSignal,
  ) => Promise<LookupAnswers[N]>;
};

/** The Fastify application with the types of our schemas. */
export type Http = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
