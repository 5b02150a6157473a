import { open, rm } from 'node:fs/promises';
import { Failure } from '../../domain/failure.ts';
import type { Client } from '../client.ts';
import type { JobView } from '../job-text.ts';

type Imported = { readonly job: JobView | null };

/** Writes the records that imports set aside to one file, one JSON line each; no file when there are none. */
export async function saveRejects(client: Client, imported: readonly Imported[], path: string): Promise<void> {
  const jobs = imported.flatMap(({ job }) => (job !== null && (job.result?.rejected ?? 0) > 0 ? [job] : []));
  if (jobs.length === 0) return;
  const file = await open(path, 'wx', 0o600).catch((cause) => {
    throw new Failure('parameter_invalid', `--rejects ${path} cannot be made; name a new file.`, { cause });
  });
  try {
    for (const { jobId } of jobs) {
      const response = await client.ask(`/insights/job/${jobId}/rejects`);
      for await (const chunk of response.body ?? []) await file.writeFile(chunk);
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
