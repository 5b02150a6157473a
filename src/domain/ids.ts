import { Failure } from './failure.ts';

/** A job's number on the wire: a positive integer, counted for each tenant by itself and never given twice. */
export type JobId = number & { readonly kind: 'job' };
/** A job's key inside the service, unique over all tenants: rows, leases, messages and file names go by it. */
export type JobKey = number & { readonly kind: 'job key' };
/** A tenant's name: the boundary nothing crosses. 1 to 64 of `a-z 0-9 . _ -`. */
export type TenantId = string & { readonly kind: 'tenant' };
/** An app registration's client id. */
export type AppId = string & { readonly kind: 'app' };

/** Whose jobs are about the whole installation. No app belongs to it: the name of a tenant has a character at least. */
export const installation = '' as TenantId;
/** Who starts the jobs that no app asks for: a command on the data directory, or the service itself. */
export const commandLine = '' as AppId;

/** The job id in a URL or on a command line; throws `parameter_invalid`. */
export function jobIdFrom(text: string): JobId {
  const id = /^[0-9]{1,16}$/.test(text) ? Number(text) : 0;
  if (!Number.isSafeInteger(id) || id < 1) {
    throw new Failure('parameter_invalid', 'jobId must be a positive integer such as 169.');
  }
  return id as JobId;
}

/** A tenant's name as an administrator writes it; throws `parameter_invalid`. */
export function tenantIdFrom(text: string): TenantId {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(text)) {
    throw new Failure(
      'parameter_invalid',
      'tenant must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, such as contoso.',
    );
  }
  return text as TenantId;
}
