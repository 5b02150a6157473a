import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { SqliteLedger } from '../../src/store/ledger/sqlite.ts';
import { promisesOfLedger } from './ledger.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(directory, { recursive: true }));

promisesOfLedger('SQLite', async (name) => new SqliteLedger(join(directory, `${name}.db`), 1000));
