/** Who can act after a failure: the caller, the administrator, or nobody (`time`): it passes. */
type Mover = 'caller' | 'administrator' | 'time';

type FailureRow = {
  readonly title: string;
  readonly move: Mover;
  readonly retry: boolean;
  /** Whether a part of the installation is away: an attempt that it ended does not count. */
  readonly away: boolean;
  readonly advice: string;
};

/**
 * Every failure, one row each. A failure without an HTTP status or a line in `docs/failures.md` does not compile.
 * `retry`: whether another attempt of a job may help.
 */
export const failures = {
  parameter_invalid: row('A parameter is wrong', 'caller', 'Correct the named parameter and send the request again.'),
  parameter_unknown: row('A parameter is unknown', 'caller', 'Remove it, or use the name that the message suggests.'),
  body_invalid: row('The request body is wrong', 'caller', 'Correct the named member and send the request again.'),
  body_too_large: row('The body is too large', 'caller', 'Split the file, or raise the limit that the message names.'),
  media_type_unsupported: row(
    'The media type is not supported',
    'caller',
    'Send one of the media types that the message names.',
  ),
  token_missing: row('No access token', 'caller', 'Get a token at POST /connect/token and send it as a Bearer token.'),
  token_invalid: row('The access token is not valid', 'caller', 'Get a new token at POST /connect/token.'),
  scope_missing: row('The token lacks the scope', 'caller', 'Ask for the scope when getting the token.'),
  route_unknown: row('No such address', 'caller', 'See /docs for all addresses.'),
  method_not_allowed: row('The method is not allowed here', 'caller', 'Use a method of the Allow header.'),
  address_too_long: row('The address is too long', 'caller', 'Shorten the path segment.'),
  headers_too_large: row('The request head is too large', 'caller', 'Send a shorter address and fewer headers.'),
  request_too_slow: row('The request took too long to arrive', 'caller', 'Send it again over a better connection.'),
  request_malformed: row('The request is not HTTP', 'caller', 'Send a request as RFC 9112 defines it.'),
  job_unknown: row('No such job', 'caller', 'Check the job id; it is the one that the start call returned.'),
  job_not_cancellable: row('The job cannot be cancelled', 'caller', 'Wait for it to end.'),
  job_ended: row('The job has ended', 'caller', 'Start a new one.'),
  report_not_ready: row('The report is not ready', 'time', 'Poll the job until its status is 2, then download.'),
  report_failed: row('There is no report', 'caller', 'Start a new export; the message says why this one ended.'),
  report_expired: row('The report has expired', 'caller', 'Start the export again.'),
  report_damaged: row('The report on disk is damaged', 'administrator', 'Start the export again and check the disk.'),
  range_invalid: row('The range cannot be served', 'caller', 'Ask for a range inside the file.'),
  rejects_removed: row('The rejects were removed', 'caller', 'Send the file again to see what is set aside.'),
  rejects_none: row('Nothing was rejected', 'caller', 'There is nothing to fetch.'),
  queue_full: row('Too many jobs are waiting', 'time', 'Wait for jobs to end, then try again.'),
  too_many_counts: row('Too many lookups at once', 'time', 'Wait for one to end, then try again.'),
  count_timeout: row('The store did not answer in time', 'caller', 'Ask for less, or start an export.'),
  idempotency_conflict: row('The key was used for another request', 'caller', 'Use a new Idempotency-Key.'),
  import_not_understood: row(
    'The file was not understood',
    'caller',
    'Send a file of one of the kinds that the message names.',
  ),
  import_broken: row('The file could not be read to its end', 'caller', 'Send the whole file again.'),
  import_poisoned: row(
    'A record blocks the import',
    'caller',
    'Take the record that the message names out of the file and send it again.',
  ),
  import_lost: row('The received file is gone', 'administrator', 'Send the file again and check the disk.'),
  report_incomplete: again('The report did not have every row', 'time', 'The service tries it again.'),
  store_unreachable: again('The store does not answer', 'administrator', 'Run: trailport doctor.'),
  database_unreachable: away('The job database does not answer', 'Check the server that TRAILPORT_DATABASE_URL names.'),
  activities_unreachable: away(
    'The ClickHouse server does not answer',
    'Check the server that TRAILPORT_CLICKHOUSE_URL names.',
  ),
  files_unreachable: away('The object storage does not answer', 'Check the bucket that TRAILPORT_FILES_URL names.'),
  lookup_elsewhere: row(
    'This process cannot read the activities',
    'administrator',
    'Ask a trailport serve without --role, or start an export.',
  ),
  store_damaged: row(
    'The store is damaged',
    'administrator',
    'Stop the service and restore the data directory from a backup.',
  ),
  backup_impossible: row(
    'The backup cannot be written',
    'administrator',
    'Do what the message says, then start the backup again.',
  ),
  backup_damaged: row(
    'The backup is not whole',
    'administrator',
    'Restore another backup, and check the disk of this one.',
  ),
  disk_full: again('The disk is full', 'administrator', 'Free space in the data directory.'),
  attempts_spent: row(
    'Every attempt was interrupted',
    'administrator',
    'Read the log of the worker, then start the job again.',
  ),
  shutting_down: again('The service is stopping', 'time', 'Try again in a moment.'),
  too_busy: again('Too much is going on at once', 'time', 'Wait as long as Retry-After says, then try again.'),
  not_ready: again('The service is not ready', 'time', 'Try again in a moment.'),
  settings_invalid: row('A setting is wrong', 'administrator', 'Correct the named setting.'),
  cannot_start: row('The service cannot start', 'administrator', 'Do what the message says, then start it again.'),
  usage: row('A command line is wrong', 'caller', 'See the help that the message names.'),
  interrupted: row('A command was interrupted', 'caller', 'Run it again; a job that was started goes on.'),
  job_cancelled: row('The job was cancelled', 'caller', 'Start it again if it is still wanted.'),
  tenant_unknown: row('No such tenant', 'administrator', 'See: trailport app list.'),
  app_unknown: row('No such app', 'administrator', 'See: trailport app list.'),
  internal: again('An error of the program', 'administrator', 'Look up the request id in the log.'),
} as const satisfies Record<string, FailureRow>;

export type FailureCode = keyof typeof failures;

/** An expected failure: a code of the table, and one sentence that says what is wrong and what to do. */
export class Failure extends Error {
  readonly code: FailureCode;
  /** More facts for programs, such as `retryAfterSeconds`. Never content of rows, never secrets. */
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(
    code: FailureCode,
    message: string,
    options: ErrorOptions & { readonly facts?: Readonly<Record<string, string | number>> } = {},
  ) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

function row(title: string, move: Mover, advice: string): FailureRow {
  return { title, move, retry: false, away: false, advice };
}

function again(title: string, move: Mover, advice: string): FailureRow {
  return { title, move, retry: true, away: false, advice };
}

function away(title: string, advice: string): FailureRow {
  return { title, move: 'administrator', retry: true, away: true, advice };
}
