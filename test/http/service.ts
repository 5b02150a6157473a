import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { ImportResult, Job, JobFailure, Progress } from '../../src/domain/job.ts';
import type { Shelf } from '../../src/files/shelf.ts';
import type { Spool } from '../../src/files/spool.ts';
import type { Desk } from '../../src/job/job.ts';
import type { Journal, Lease } from '../../src/job/journal/journal.ts';

/** Stands where the worker would: takes jobs up and brings them to each of their states. */
export type Bench = {
  readonly directory: string;
  /** Takes up the job that waited longest. */
  claim(type?: Job['type']): Lease & { readonly id: JobId };
  progress(lease: Lease, progress: Progress): void;
  finish(lease: Lease & { readonly id: JobId }, bytes?: Buffer): Promise<void>;
  finishImport(lease: Lease, result: ImportResult, rejects: string | null): Promise<void>;
  fail(lease: Lease, failure: JobFailure): void;
  expire(tenant: string, id: JobId): void;
  /** Moves the clock of the service. */
  ahead(ms: number): void;
  files(place: 'reports' | 'spool'): string[];
  job(tenant: string, id: JobId): Job;
};

export function benchFor(
  journal: Journal,
  desk: Desk,
  shelf: Shelf,
  spool: Spool,
  directory: string,
  ahead: (ms: number) => void,
): Bench {
  return {
    directory,
    claim: (type = 'export') => {
      const job = journal.claim(type, 'bench', 1000, Date.now());
      if (job === null) throw new Error('nothing waits');
      desk.changed(job.key);
      return { id: job.id, key: job.key, fence: job.fence };
    },
    progress: (lease, progress) => void journal.beat(lease, progress),
    finish: async (lease, bytes = Buffer.from('PK, the bytes of a report')) => {
      const place = await shelf.begin(lease.key, lease.fence);
      await place.file.writeFile(bytes);
      const shelfName = await place.publish();
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const fileName = `activity-export-${lease.id}.zip`;
      const report = { fileName, shelfName, bytes: bytes.length, rows: 3, sha256, files: [] };
      journal.finish(lease, { type: 'export', report }, Date.now(), Date.now() + 1000);
      desk.changed(lease.key);
    },
    finishImport: async (lease, result, rejects) => {
      const rejectsName = rejects === null ? null : `${lease.key}.rejects`;
      if (rejects !== null && rejectsName !== null) {
        const place = await spool.beginRejects(rejectsName);
        await place.write(rejects);
        await place.publish();
      }
      journal.finish(lease, { type: 'import', result, rejectsName }, Date.now(), null);
      desk.changed(lease.key);
    },
    fail: (lease, failure) => {
      journal.fail(lease, failure, Date.now());
      desk.changed(lease.key);
    },
    expire: (tenant, id) => void desk.expire(tenant as TenantId, id),
    ahead,
    files: (place) => readdirSync(join(directory, place)),
    job: (tenant, id) => desk.look(tenant as TenantId, id),
  };
}
