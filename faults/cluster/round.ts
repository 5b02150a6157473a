import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../test/story/client.ts';
import { Random } from '../../test/story/filters/random.ts';
import type { Cluster } from '../../test/story/installation.ts';
import { activitiesOf } from '../../test/story/workbook.ts';
import { faults } from './chaos.ts';

const user = 'megan@contoso.example';
const exportPath = `/insights/users/${encodeURIComponent(user)}/activities/export`;
const imports = 8;
const exports = 5;
const faultsAtOnce = 4;
/** When the faults have stopped, every job ends within this time. */
const mostMs = 120_000;

type Import = { readonly from: number; readonly until: number; jobId: number | null; endedBefore: number };

/** One round for a tenant of its own: what was wrong, and what was done. */
export async function clusterRound(cluster: Cluster, seed: number): Promise<{ wrong: string[]; did: string[] }> {
  const random = new Random(seed);
  const app = await cluster.appOf(`tenant-${seed}-${Date.now()}`);
  const wrong: string[] = [];
  /** A call that the faults may break is repeated, at any process that answers, until it has an answer of its own. */
  const insist = async <T>(call: (client: Client) => Promise<T>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      try {
        return await call(await cluster.clientAt(`http-${(seed + tries) % 2}`, app));
      } catch (error) {
        if (tries > 600) throw error;
        await delay(200);
      }
    }
  };
  const files: Import[] = Array.from({ length: imports }, () => {
    const from = random.below(4) * 2000;
    return { from, until: from + 1000 + random.below(4000), jobId: null, endedBefore: Infinity };
  });
  const reports: { readonly jobId: string; readonly startedMs: number }[] = [];
  const importing = Promise.all(
    files.map(async (file, i) => {
      await delay(i * 300);
      file.jobId = await insist((client) => startImport(client, records(file.from, file.until)));
      await insist((client) => ended(client, file.jobId!));
      file.endedBefore = performance.now();
    }),
  );
  const exporting = (async () => {
    for (let i = 0; i < exports; i++) {
      await delay(1000);
      const startedMs = performance.now();
      reports.push({ jobId: await insist(startExport), startedMs });
    }
  })();
  const did: string[] = [];
  for (let i = 0; i < faultsAtOnce; i++) {
    await delay(200 + random.below(1200));
    did.push(await faults[random.pick(Object.keys(faults))]!(cluster, random));
  }
  const all = Promise.all([importing, exporting]);
  if ((await Promise.race([all, delay(mostMs, 'late' as const)])) === 'late') {
    wrong.push(`after ${mostMs / 1000} s not every import has ended`);
    return { wrong, did };
  }
  const last = await insist(startExport);
  const expected = new Set(
    files.flatMap(({ from, until }) => Array.from({ length: until - from }, (_, i) => `r-${from + i}`)),
  );
  for (const { jobId, startedMs } of [...reports, { jobId: last, startedMs: performance.now() }]) {
    const jobStatus = await insist((client) => ended(client, jobId));
    if (jobStatus !== 2) {
      wrong.push(`the export ${jobId} has the status ${jobStatus}`);
      continue;
    }
    const bytes = await insist((client) => client.download(jobId));
    const { report } = await insist((client) => client.json<{ report: { sha256: string } }>(`/insights/job/${jobId}`));
    if (createHash('sha256').update(bytes).digest('hex') !== report.sha256)
      wrong.push(`the export ${jobId} has other bytes`);
    const ids = (await activitiesOf(bytes)).map((row) => String(row['Activity ID']));
    const found = new Set(ids);
    if (found.size !== ids.length) wrong.push(`the export ${jobId} has ${ids.length - found.size} activities twice`);
    const extra = ids.filter((id) => !expected.has(id));
    if (extra.length > 0) wrong.push(`the export ${jobId} has ${extra.length} activities that nobody sent`);
    for (const { from, until } of files.filter(({ endedBefore }) => endedBefore < startedMs)) {
      const missing = Array.from({ length: until - from }, (_, i) => `r-${from + i}`).filter((id) => !found.has(id));
      if (missing.length > 0)
        wrong.push(`the export ${jobId} lacks ${missing.length} activities of an import that had ended`);
    }
  }
  let added = 0;
  for (const { jobId } of files) {
    const job = await insist((client) => client.json<ImportJob>(`/insights/job/${jobId}`));
    if (job.state !== 'finished') wrong.push(`the import ${jobId} is ${job.state}: ${job.error?.code ?? ''}`);
    added += job.result?.added ?? 0;
  }
  if (added !== expected.size) wrong.push(`the imports say that they added ${added} activities, of ${expected.size}`);
  return { wrong, did };
}

type ImportJob = {
  readonly state: string;
  readonly error?: { readonly code: string } | null;
  readonly result?: { readonly added: number };
};

function records(from: number, until: number): string {
  const lines = Array.from({ length: until - from }, (_, i) => {
    const CreationTime = new Date(Date.UTC(2026, 0, 1) + (from + i) * 1000).toISOString().slice(0, 19);
    return JSON.stringify({ CreationTime, Id: `r-${from + i}`, Operation: 'FileAccessed', UserId: user });
  });
  return lines.join('\n');
}

async function startImport(client: Client, body: string): Promise<number> {
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await client.call('/insights/imports', { method: 'POST', body, headers });
  if (answer.status !== 202) throw new Error(`the upload answered ${answer.status}`);
  return ((await answer.json()) as { jobId: number }).jobId;
}

async function startExport(client: Client): Promise<string> {
  const answer = await client.call(exportPath, { headers: { 'cache-control': 'no-cache' } });
  if (!answer.ok) throw new Error(`the start answered ${answer.status}`);
  return ((await answer.json()) as { jobId: string }).jobId;
}

async function ended(client: Client, jobId: number | string): Promise<number> {
  for (;;) {
    const answer = await client.call(`/insights/job/${jobId}/exportstatus`, { headers: { prefer: 'wait=5' } });
    if (!answer.ok) throw new Error(`the poll answered ${answer.status}`);
    const { jobStatus } = (await answer.json()) as { jobStatus: number };
    if (jobStatus !== 1) return jobStatus;
  }
}
