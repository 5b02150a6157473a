import { talesOfKills } from './kills.ts';

talesOfKills('SQLite', () => ({}));
