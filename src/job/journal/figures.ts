import type { JobFigures } from '../../domain/figures.ts';
import { jobTypes } from '../../domain/job.ts';

/** One table's counts stop here, so that a queue of any length costs at most so many entries of an index. */
const mostCounted = 100_000;

/**
 * Asks for the figures of every type, in SQL that both databases understand. Each value comes from a partial index alone:
 * `job_oldest` for those that wait, `job_running` for those that run.
 */
export const figuresSql = jobTypes
  .map((type) => {
    const jobs = (state: string) => `FROM job WHERE state = '${state}' AND type = '${type}'`;
    const count = (state: string) => `(SELECT count(*) FROM (SELECT 1 ${jobs(state)} LIMIT ${mostCounted}) AS counted)`;
    return `SELECT '${type}' AS type, ${count('waiting')} AS waiting, ${count('running')} AS running,
      (SELECT min(created_at) ${jobs('waiting')}) AS oldest`;
  })
  .join(' UNION ALL ');

/** A row of `figuresSql`. */
export type FiguresRow = Pick<JobFigures, 'type' | 'waiting' | 'running'> & { readonly oldest: number | null };

export function figuresFrom({ type, waiting, running, oldest }: FiguresRow): JobFigures {
  return { type, waiting, running, oldestAtMs: oldest };
}
