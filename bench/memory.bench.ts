import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Activity } from '../src/domain/activity.ts';
import { defaultColumns, reportFormats } from '../src/domain/columns.ts';
import type { JobId, TenantId } from '../src/domain/ids.ts';
import { Store } from '../src/store/store.ts';
import { Program } from '../test/story/program.ts';
import { atMost, type BenchResult, type BenchRow } from './machine.ts';
import { secondsOfExport, workerPeakBytes } from './programs.ts';

const originals = [10, 30, 60];
const originalBytes = 10_000_000;
const mostMb = 800;

/**
 * The most memory that the worker ever held while it exported originals of 10 MB with every column, in each format. The
 * program is started for each export, so a figure holds nothing of another one, nor of the import.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  const columns = [...defaultColumns, 'raw'] as const;
  const rows: BenchRow[] = [];
  try {
    for (const count of originals) {
      const data = join(directory, String(count));
      say(`writing ${count} originals of 10 MB`);
      await keepOriginals(data, count);
      for (const format of reportFormats) {
        say(`exporting them as ${format}`);
        const program = await Program.start({ data });
        try {
          await secondsOfExport(program, count, { format, columns });
          rows.push(atMost(`${count} originals of 10 MB, ${format}`, 'MB', workerPeakBytes(program) / 1e6, mostMb));
        } finally {
          await program.stop();
        }
      }
      rmSync(data, { recursive: true });
    }
    return { rows, notes: ['Resident memory of the worker (VmHWM), the engine and its library included.'] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function keepOriginals(data: string, count: number): Promise<void> {
  const program = await Program.start({ data });
  const tenant = program.credentials.tenant as TenantId;
  await program.stop();
  await using store = await Store.open(join(data, 'store'));
  for (let i = 0; i < count; i++) await store.add(tenant, 1 as JobId, [original(i)]);
}

/** An activity whose record is a long list of numbers: text that compresses to a third, as records do. */
function original(number: number): Activity {
  const items: string[] = [];
  for (let bytes = 0, value = number + 1; bytes < originalBytes; bytes += items.at(-1)!.length + 1) {
    value = (value * 48_271) % 2_147_483_647;
    items.push(`{"Id":${value},"Path":"/sites/team${value % 97}/file ${value % 9973}.docx"}`);
  }
  return {
    source: 'microsoft365',
    activityId: `original-${number}`,
    timeMs: Date.UTC(2026, 0, 1) + number * 1000,
    user: 'megan@contoso.example',
    userType: 'Regular',
    activity: 'FileSyncDownloadedFull',
    service: 'SharePoint',
    itemType: 'File',
    item: 'plan.docx',
    object: 'https://contoso.sharepoint.example/sites/team1/plan.docx',
    site: 'https://contoso.sharepoint.example/sites/team1/',
    result: 'Succeeded',
    clientIp: '192.0.2.7',
    userAgent: 'Mozilla/5.0',
    recordType: 'SharePointFileOperation',
    raw: `{"Id":"original-${number}","Items":[${items.join(',')}]}`,
  };
}
