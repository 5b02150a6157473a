import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { SqliteLedger } from '../../src/store/ledger/sqlite/ledger.ts';
import { promisesOfErasures } from './erasures.ts';
import { promisesOfLedger } from './ledger.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(directory, { recursive: true }));

const open = async (name: string) => new SqliteLedger(join(directory, `${name}.db`), 1000);
promisesOfLedger('SQLite', open);
promisesOfErasures('SQLite', open);
