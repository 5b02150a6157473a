import { runCli } from './cli/cli.ts';
import { type Config, configFrom } from './config.ts';
import { openServer, placesIn, runWorker } from './system.ts';

// Whatever the program makes (database, keys, reports) is its owner's alone.
process.umask(0o077);

const [first, ...rest] = process.argv.slice(2);
if (first === 'worker') {
  // The second process of `serve`, started by its supervisor with the data directory and its name.
  const [data = '', holder = ''] = rest;
  await runWorker(configFrom({ data }, process.env), holder);
}

const call = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Asked twice, it ends at once: what was acknowledged is on disk, and the next start takes it up.
    if (call.signal.aborted) process.exit(130);
    call.abort();
  });
}

const { env, stdin, stdout, stderr } = process;
const terminal = { env, stdin, stdout, stderr, isTerminal: stderr.isTTY === true, signal: call.signal };
process.exitCode = await runCli(process.argv.slice(2), terminal, { placesIn, serve });

/** Serves until told to stop. */
async function serve(config: Config, onListening: (at: { readonly url: string }) => void): Promise<number> {
  await using server = await openServer(config);
  onListening({ url: server.url });
  if (!call.signal.aborted) await new Promise((stop) => call.signal.addEventListener('abort', stop, { once: true }));
  return 0;
}
