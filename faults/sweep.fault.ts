import { Program } from '../test/story/program.ts';
import { sweep } from './sweep/sweep.ts';

/**
 * Sends every pattern into every place that the OpenAPI document names, 100 KB in heads and 128 KiB in bodies, and a
 * tenth of them in bodies of 1 MiB. Takes some 30 minutes; a word takes only the places whose name has it.
 */
export async function run([word = '']: readonly string[], print: (line: string) => void): Promise<number> {
  const program = await Program.start({ env: { TRAILPORT_LEASE_MS: '600000', TRAILPORT_LOG: 'info' } });
  try {
    const { clientId, clientSecret } = program.credentials;
    const { jobId } = await program.json<{ jobId: string }>('/insights/users/a%40contoso.example/activities/export');
    await program.ended(jobId);
    process.kill(program.workerPid, 'SIGSTOP');
    const options = {
      url: program.url,
      token: await program.token(),
      known: { jobId, client_id: clientId, client_secret: clientSecret },
      onPlace: (place: string, slowestMs: number) => print(`${slowestMs.toFixed(1).padStart(8)} ms  ${place}`),
    };
    const takes = (place: string) => place.includes(word);
    const large = await sweep({
      ...options,
      whole: false,
      bodyCharacters: 2 ** 20 - 500,
      takes: (place) => takes(place) && /(member|form) /.test(place),
    });
    const every = await sweep({ ...options, whole: true, bodyCharacters: 128 * 1024, takes });
    const findings = [...large.findings, ...every.findings];
    for (const { place, pattern, wrong } of findings) print(`FOUND ${place}: ${pattern} ${wrong}`);
    print(`${large.sent + every.sent} messages, ${findings.length} findings`);
    return findings.length;
  } finally {
    process.kill(program.workerPid, 'SIGCONT');
    await program.remove();
  }
}
