import type { ImportResult } from '../../domain/job.ts';
import { importResultFor } from '../../source/source.ts';
import { FileReader } from '../reader/reader.ts';
import { type Attempt, type AttemptContext, type JobOf, rejectsNameFor, type WorkParts } from './parts.ts';

/**
 * One attempt at an import: every record of the received file goes into the store or is set aside with its reason.
 * Safe to repeat: what an earlier attempt wrote is found again and belongs to this job all the same.
 */
export async function attemptImport(job: JobOf<'import'>, parts: WorkParts, context: AttemptContext): Promise<Attempt> {
  const { store, spool, limits } = parts;
  const rejectsName = rejectsNameFor(job);
  const rejects = await spool.beginRejects(rejectsName);
  try {
    const { spoolName, bytes, allowForgotten = false } = job.request;
    await using received = await spool.local(spoolName);
    const reader = new FileReader(
      received.path,
      bytes,
      {
        recordBytes: limits.recordBytes,
        inflatedBytes: limits.importInflatedBytes,
        entries: limits.importEntries,
        stallMs: limits.importStallMs,
      },
      parts.readerScript,
    );
    await using adding = store.beginAdding(job.tenant, job.id, { allowForgotten });
    for await (const batch of reader.batches(context.signal)) {
      await rejects.write(batch.rejects);
      if (batch.rows > 0) await adding.add(batch.block, batch.rows);
      const percent = Math.min(99, Math.floor((reader.position / bytes) * 100));
      context.progress({ rows: reader.records, rowsTotal: null, percent });
    }
    context.signal.throwIfAborted();
    const { forgotten } = await adding.end();
    const added = await store.countBroughtBy(job.tenant, job.id);
    const result: ImportResult = importResultFor(reader.tallied, added, forgotten);
    // The records that it set aside may be of somebody whose activities were erased meanwhile.
    const erased = result.rejected > 0 && (await store.erasures.erasedSince(job.tenant, job.createdAtMs));
    const keepsRejects = result.rejected > 0 && !erased;
    await (keepsRejects ? rejects.publish() : rejects.discard());
    return {
      outcome: {
        type: 'import',
        result,
        rejectsName: keepsRejects ? rejectsName : null,
        ...(erased ? { erased: true } : {}),
      },
      takeBack: () => spool.remove(rejectsName),
    };
  } catch (error) {
    await rejects.discard();
    throw error;
  }
}
