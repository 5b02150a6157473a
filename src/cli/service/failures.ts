import { Failure, type FailureCode, failures } from '../../domain/failure.ts';

/** The failure that an error answer of the service describes. Reads the body; `facts` has the status and Retry-After. */
export async function failureOf(response: Response, server: string): Promise<Failure> {
  const { code, message } = ((await response.json().catch(() => null)) ?? {}) as Record<string, unknown>;
  const retryAfterSeconds = Number(response.headers.get('retry-after') ?? 1);
  const facts = {
    status: response.status,
    retryAfterSeconds: Number.isFinite(retryAfterSeconds) ? retryAfterSeconds : 1,
  };
  if (typeof message !== 'string') {
    const sentence = `${server} answered ${response.status} without an error of Trailport; check the address.`;
    return new Failure(response.status >= 502 ? 'not_ready' : 'internal', sentence, { facts });
  }
  return new Failure(Object.hasOwn(failures, String(code)) ? (code as FailureCode) : 'internal', message, { facts });
}

/** The failure behind an error of `fetch`: no connection, an unknown host, a broken TLS handshake. */
export function unreachable(server: string, cause: unknown): Failure {
  const reason = ((cause as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const sentence =
    reason === 'ECONNREFUSED'
      ? `Nothing answers at ${server}; start the service with trailport serve.`
      : `${server} cannot be reached${reason === '' ? '' : ` (${reason})`}; check the address and that trailport serve runs there.`;
  return new Failure('not_ready', sentence, { cause });
}
