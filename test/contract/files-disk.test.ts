import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { DiskFiles } from '../../src/files/disk/disk-files.ts';
import { filesContract } from './files.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-files-'));
after(() => rmSync(directory, { recursive: true }));

filesContract(
  'Disk',
  () => DiskFiles.open(directory),
  (name) => join(directory, name),
);
