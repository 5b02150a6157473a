import { setFlagsFromString } from 'node:v8';
import { runCli } from './cli/cli.ts';
import { type Config, configFrom } from './config.ts';

// Only the owner can read what the program makes: database, keys, reports.
process.umask(0o077);

const [first, ...rest] = process.argv.slice(2);
if (first === 'worker') {
  // The second process of `serve`. Its supervisor starts it with the data directory and the name of its leases.
  const [data = '', holder = ''] = rest;
  const { runWorker } = await system();
  await runWorker(configFrom({ data }, process.env), holder);
}

const call = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second signal ends it at once. What was acknowledged is on disk, and the next start continues with it.
    if (call.signal.aborted) process.exit(130);
    call.abort();
  });
}

// `trailport jobs | head -1`: the reader has closed the pipe, which is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
const { env, stdin, stdout, stderr } = process;
const terminal = { env, stdin, stdout, stderr, isTerminal: stderr.isTTY === true, signal: call.signal };
process.exitCode = await runCli(process.argv.slice(2), terminal, {
  serve,
  backUp: async (...args) => (await installation()).backUp(...args),
  inspect: async (...args) => (await installation()).inspect(...args),
  restore: async (...args) => (await installation()).restore(...args),
});

/** Serves until the first signal. */
async function serve(config: Config, onListening: (at: { readonly url: string | null }) => void): Promise<number> {
  // The young generation of the heap stays at its first size, where V8 would let it grow by 50 MB. 5,000 polls cost the
  // same processor time; the memory while hundreds of clients read nothing stays under 300 MB.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { openServer } = await system();
  await using server = await openServer(config);
  onListening({ url: server.url });
  if (!call.signal.aborted) await new Promise((stop) => call.signal.addEventListener('abort', stop, { once: true }));
  return 0;
}

/** Loaded when needed: without the libraries of the service, the other commands start four times as fast. */
function system(): Promise<typeof import('./system.ts')> {
  return import('./system.ts');
}

function installation(): Promise<typeof import('./installation.ts')> {
  return import('./installation.ts');
}
