import { jobDocumentFor } from '../../api/job.ts';
import { progressText, reasonFor, wireStatus } from '../../api/status.ts';
import type { Job } from '../../domain/job.ts';
import { etagOf } from '../request/headers.ts';

export const pollRoute = '/insights/job/:jobId/exportstatus';

/** What a poll answers, made once for each job as it was read: the same object while nothing has changed. */
type Answer = { readonly text: string; readonly etag: string; readonly progress: string | null };

const answered = new WeakMap<Job, Answer>();

/** The answer; `progress` is null for a job that has ended. */
export function answerFor(job: Job, nowMs: number): Answer {
  let answer = answered.get(job);
  if (answer === undefined) {
    const status = { jobStatus: wireStatus[job.state], status: 200, message: reasonFor(job) };
    const text = JSON.stringify(status);
    const progress = status.jobStatus === 1 ? progressText(jobDocumentFor(job, nowMs)) : null;
    answer = { text, etag: etagOf(text), progress };
    answered.set(job, answer);
  }
  return answer;
}
