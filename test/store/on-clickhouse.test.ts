import { onServer } from './store-for-file.ts';

/*
 * What a store promises, with its tables on a ClickHouse server: the tests of these files once more, each file on a
 * server of its own.
 */
onServer.wanted = true;
await import('./store.test.ts');
await import('./selection.test.ts');
await import('./browse/page.test.ts');
