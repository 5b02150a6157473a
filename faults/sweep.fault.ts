import { Program } from '../test/story/program.ts';
import { sweep } from './sweep/sweep.ts';

/** Sends every pattern, 100 KB in the head and 1 MiB in bodies, into every place that the OpenAPI document names. */
export async function run([word = '']: readonly string[], print: (line: string) => void): Promise<number> {
  const program = await Program.start({ env: { TRAILPORT_LEASE_MS: '600000', TRAILPORT_LOG: 'info' } });
  try {
    const { clientId, clientSecret } = program.credentials;
    const { jobId } = await program.json<{ jobId: string }>('/insights/users/a%40contoso.example/activities/export');
    await program.ended(jobId);
    process.kill(program.workerPid, 'SIGSTOP');
    const { findings, sent } = await sweep({
      url: program.url,
      token: await program.token(),
      known: { jobId, client_id: clientId, client_secret: clientSecret },
      whole: true,
      bodyCharacters: 2 ** 20 - 500,
      takes: (place) => place.includes(word),
      onPlace: (place, slowestMs) => print(`${slowestMs.toFixed(1).padStart(8)} ms  ${place}`),
    });
    for (const { place, pattern, wrong } of findings) print(`FOUND ${place}: ${pattern} ${wrong}`);
    print(`${sent} messages, ${findings.length} findings`);
    return findings.length;
  } finally {
    process.kill(program.workerPid, 'SIGCONT');
    await program.remove();
  }
}
