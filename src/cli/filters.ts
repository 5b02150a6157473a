import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Failure } from '../domain/failure.ts';
import { periodFromBounds } from '../domain/period.ts';
import { timeZoneFrom } from '../domain/time-zone.ts';
import { UsageError } from './command.ts';

/** The options that say which activities are meant. */
export type FilterOptions = {
  readonly google?: boolean;
  readonly user?: readonly string[];
  readonly object?: string;
  readonly from?: string;
  readonly until?: string;
  /** Milliseconds. */
  readonly last?: number;
  readonly event?: readonly string[];
  readonly service?: readonly string[];
  readonly recordType?: readonly string[];
  readonly result?: readonly string[];
  readonly ip?: readonly string[];
  readonly text?: string;
};

/** The help on times, for every command with a period. */
export const helpOnTimes = `
Times are ISO 8601. A time without a zone is UTC; 2026-11-01 is the first moment
of that day. The period includes --from and excludes --until:
--from 2026-10-01 --until 2026-11-01 is the whole of October.
--last counts back from now: 30m (minutes), 24h, 7d or 4w.
Without a period it is all times. Options that may be repeated take any of their
values; an activity must match every option that is given.`;

/** Adds the options of filters, except the one that is an argument of the command. */
export function withFilterOptions(command: Command, argument: 'user' | 'object' | null = null): Command {
  command.option('--google', 'from Google Workspace instead of Microsoft 365');
  if (argument !== 'user') command.option('--user <email>', 'only what this user did; may be repeated', repeated);
  if (argument !== 'object') command.option('--object <path>', 'only this object and everything below it', nonEmpty);
  return command
    .option('--from <time>', 'start of the period, included')
    .option('--until <time>', 'end of the period, excluded')
    .addOption(
      new Option('--last <duration>', 'the period up to now, such as 7d')
        .argParser(durationMs)
        .conflicts(['from', 'until']),
    )
    .option('--event <name>', 'only activities of this name; may be repeated', repeated)
    .option('--service <name>', 'only of this service, such as SharePoint; may be repeated', repeated)
    .option('--record-type <name>', 'only of this record type; may be repeated', repeated)
    .option('--result <text>', 'only with this result, such as Succeeded; may be repeated', repeated)
    .option('--ip <address>', 'only from this client address; may be repeated', repeated)
    .option('--text <text>', 'only where the item or the object contains this text', nonEmpty);
}

/**
 * The filters as the service names them. They hold only what was given; for the rest the service has its defaults. `help`
 * names the command in a wrong usage.
 */
export function filtersOf(options: FilterOptions, help: string): Record<string, string | readonly string[]> {
  const { google, user, object, event, service, recordType, result, ip, text } = options;
  const filters = {
    source: google ? 'google' : 'microsoft365',
    ...(user?.length === 1 ? { user: user[0] } : { users: user }),
    object,
    ...periodOf(options, help),
    eventTypes: event,
    services: service,
    recordTypes: recordType,
    results: result,
    clientIps: ip,
    text,
  };
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Record<string, string | readonly string[]>;
}

/** Filters and other members as a query: lists are repeated. */
export function queryOf(members: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(members).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return String(new URLSearchParams(pairs as [string, string][]));
}

function periodOf({ from, until, last }: FilterOptions, help: string): { from?: string; until?: string } {
  if (last !== undefined) {
    const now = Date.now();
    return { from: new Date(now - last).toISOString(), until: new Date(now).toISOString() };
  }
  try {
    // The rule and the sentence of the service, before anything is sent.
    periodFromBounds(from ?? null, until ?? null);
  } catch (error) {
    const { message } = error as Failure;
    throw new UsageError(message.replace(/\b(from|until)\b/g, '--$1'), `See: ${help}`);
  }
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
}

/** A text on a command line. An empty one is an unset variable in a script. */
export function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function repeated(text: string, all: readonly string[] = []): readonly string[] {
  return [...all, nonEmpty(text)];
}

/** The rule of the service, before anything is sent. */
export function zoneArgument(text: string): string {
  try {
    return timeZoneFrom('timeZone', text);
  } catch {
    throw new InvalidArgumentError('It must be the name of an IANA time zone such as Europe/Paris or UTC.');
  }
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** `7d` in milliseconds. */
function durationMs(text: string): number {
  const [, digits = '', unit = ''] = /^([1-9][0-9]{0,4})([mhdw])$/.exec(text.toLowerCase()) ?? [];
  if (digits === '') {
    throw new InvalidArgumentError('It must be a number and m, h, d or w (minutes to weeks), such as 7d.');
  }
  return Number(digits) * unitMs[unit as keyof typeof unitMs];
}
