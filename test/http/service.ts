import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { ImportResult, Job, JobFailure, Progress } from '../../src/domain/job.ts';
import type { Shelf } from '../../src/files/shelf.ts';
import type { Spool } from '../../src/files/spool.ts';
import type { Desk } from '../../src/job/job.ts';
import type { Journal, Lease } from '../../src/job/journal/journal.ts';
import { claim } from '../job/fixtures.ts';

/** Stands where the worker would: takes jobs up and brings them to each of their states. */
export type Bench = {
  readonly directory: string;
  /** Takes up the job that waited longest. */
  claim(type?: Job['type']): Promise<Lease & { readonly id: JobId }>;
  progress(lease: Lease, progress: Progress): Promise<void>;
  finish(lease: Lease & { readonly id: JobId }, bytes?: Buffer): Promise<void>;
  finishImport(lease: Lease, result: ImportResult, rejects: string | null): Promise<void>;
  fail(lease: Lease, failure: JobFailure): Promise<void>;
  expire(tenant: string, id: JobId): Promise<void>;
  /** Moves the clock of the service. */
  ahead(ms: number): void;
  files(place: 'reports' | 'spool'): string[];
  job(tenant: string, id: JobId): Promise<Job>;
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
    claim: async (type = 'export') => {
      const job = await claim(journal, { type, holder: 'bench', perTenant: 1000, nowMs: Date.now() });
      if (job === null) throw new Error('nothing waits');
      desk.changed(job.key);
      return { id: job.id, key: job.key, fence: job.fence };
    },
    progress: async (lease, progress) => void (await journal.beat(lease, progress)),
    finish: async (lease, bytes = Buffer.from('PK, the bytes of a report')) => {
      const place = await shelf.begin(lease.key, lease.fence);
      await place.file.writeFile(bytes);
      const shelfName = await place.publish();
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const fileName = `activity-export-${lease.id}.zip`;
      const report = { fileName, shelfName, bytes: bytes.length, rows: 3, sha256, files: [] };
      await journal.finish(lease, { type: 'export', report }, Date.now(), Date.now() + 1000);
      desk.changed(lease.key);
    },
    finishImport: async (lease, result, rejects) => {
      const rejectsName = rejects === null ? null : `${lease.key}.rejects`;
      if (rejects !== null && rejectsName !== null) {
        const place = await spool.beginRejects(rejectsName);
        await place.write(rejects);
        await place.publish();
      }
      await journal.finish(lease, { type: 'import', result, rejectsName }, Date.now(), null);
      desk.changed(lease.key);
    },
    fail: async (lease, failure) => {
      await journal.fail(lease, failure, Date.now());
      desk.changed(lease.key);
    },
    expire: async (tenant, id) => void (await desk.expire(tenant as TenantId, id)),
    ahead,
    files: (place) => readdirSync(join(directory, place)),
    job: (tenant, id) => desk.look(tenant as TenantId, id),
  };
}
