import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { backupNameFor } from '../../backup/backup.ts';
import { type Config, configFrom, placesIn } from '../../config.ts';
import { Failure } from '../../domain/failure.ts';
import { installation } from '../../domain/ids.ts';
import { type BackupRequest, type BackupResult, hasEnded } from '../../domain/job.ts';
import { deskOn } from '../../job/job.ts';
import { systemClock } from '../../kit/clock.ts';
import { openDatabase } from '../../kit/database.ts';
import { formatBytes, formatCount } from '../../kit/print.ts';
import { isHeld } from '../../kit/sqlite/sqlite.ts';
import { answer, type Context, exitStatus, type Options } from '../command.ts';
import { type Bar, barFor } from '../output/progress.ts';

export function addBackup(program: Command, context: Context): void {
  program
    .command('backup')
    .description('copy the whole installation into a new directory, while the service runs')
    .argument('<dir>', 'the directory that holds the backups; each becomes a directory in it')
    .option('--data <dir>', "the service's data directory (TRAILPORT_DATA; default ./data)")
    .option('--json', 'print one JSON document and nothing else')
    .addHelpText(
      'after',
      '\nThe worker of a running service makes the backup; without one, this command does.\nRestore it with trailport restore.',
    )
    .action(async (dir: string, options: Options) => {
      const config = configFrom({ data: options.data }, context.terminal.env);
      const request = requestFor(dir, config);
      using bar = barFor(context.terminal, 'backup');
      const { result, failure } = isHeld(placesIn(config.data).lock)
        ? await byService(context, config, request, bar)
        : {
            result: await context.programs.backUp(config, request, showOn(bar), context.terminal.signal),
            failure: null,
          };
      if (result === null) throw failure ?? new Failure('job_cancelled', 'The backup was cancelled; start it again.');
      answer(context, options, { backup: result }, pageOf(result));
    });
}

function requestFor(dir: string, { data }: Config): BackupRequest {
  if (!existsSync(placesIn(data).store)) {
    const message = `There is no data directory of Trailport at ${data}; name the one to back up with --data.`;
    throw new Failure('settings_invalid', message);
  }
  const directory = resolve(dir);
  const inside = relative(data, directory);
  if (inside === '' || !inside.startsWith('..')) {
    throw new Failure('parameter_invalid', `${directory} lies in the data directory; name a directory outside of it.`);
  }
  return { directory, name: backupNameFor(systemClock.now()) };
}

/** Starts the job and follows it to its end. A service that restarts meanwhile goes on with it. */
async function byService(context: Context, config: Config, request: BackupRequest, bar: Bar) {
  const { signal } = context.terminal;
  await using database = openDatabase(config.databaseUrl, placesIn(config.data).database, config.limits.sqliteBusyMs);
  await using desk = await deskOn(database, systemClock, config.limits);
  const { id } = await desk.startOwn({ type: 'backup', request });
  for (;;) {
    const job = await desk.look(installation, id);
    if (job.state === 'running') showOn(bar)((job.progress.percent ?? 0) / 100);
    else if (!hasEnded(job)) bar.show(null, 'waiting for the worker');
    else if (job.state === 'finished' && job.outcome.type === 'backup') {
      return { result: job.outcome.result, failure: null };
    } else if (job.state === 'failed') {
      context.done(exitStatus.jobFailed);
      return { result: null, failure: new Failure(job.failure.code, job.failure.message) };
    } else return { result: null, failure: null };
    await pause(200, undefined, { signal });
  }
}

function showOn(bar: Bar): (fraction: number) => void {
  return (fraction) => bar.show(fraction, '');
}

function pageOf({ path, activities, files, bytes, copiedBytes }: BackupResult): string {
  const copied = copiedBytes === bytes ? '' : `, of which ${formatBytes(copiedBytes)} were copied`;
  return `${path}: ${formatCount(activities)} activities, ${formatCount(files)} files, ${formatBytes(bytes)}${copied}.\n`;
}
