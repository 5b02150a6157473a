import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { engineContract } from './engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-engine-'));
after(() => rmSync(directory, { recursive: true }));

engineContract(async () => new ChdbEngine(join(directory, 'engine')));
