import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

/*
 * A complete client in fetch calls: token, start, poll, download.
 *
 *   npx node examples/export-user.ts EMAIL [FILE]
 *
 * `npx node` is the Node 26 that npm ci installs; a plain `node` runs TypeScript from version 22.18 on. Credentials are
 * those of TRAILPORT_SERVER, TRAILPORT_CLIENT_ID and TRAILPORT_CLIENT_SECRET, else of ./data/credentials.json.
 */
const { env } = process;
const local = existsSync('data/credentials.json') ? JSON.parse(readFileSync('data/credentials.json', 'utf8')) : {};
const server: string | undefined = env.TRAILPORT_SERVER ?? local.server;
const id: string | undefined = env.TRAILPORT_CLIENT_ID ?? local.clientId;
const secret: string | undefined = env.TRAILPORT_CLIENT_SECRET ?? local.clientSecret;
const [email, file = 'report.zip'] = process.argv.slice(2);
if (!server || !id || !secret || !email) {
  console.error('usage: npx node examples/export-user.ts EMAIL [FILE], where ./data/credentials.json is or with');
  console.error('TRAILPORT_SERVER, TRAILPORT_CLIENT_ID and TRAILPORT_CLIENT_SECRET set.');
  process.exit(2);
}

/** A good answer, or an error with the sentence of the service. */
async function good(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`${response.status} ${await response.text()}`);
}

const scope = 'insights.graph.readwrite.all';
const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret, scope };
const granted = await good(await fetch(`${server}/connect/token`, { method: 'POST', body: new URLSearchParams(form) }));
const { access_token: token } = (await granted.json()) as { access_token: string };
const headers = { authorization: `Bearer ${token}` };

// encodeURIComponent is needed: a guest is called …#EXT#@…, and # would end the URL.
const start = `${server}/insights/users/${encodeURIComponent(email)}/activities/export`;
const { jobId } = (await (await good(await fetch(start, { headers }))).json()) as { jobId: string };

// 1 in progress, 2 finished, 3 failed. With `Prefer: wait` the answer comes when the job ends, so one poll is enough
// for most jobs.
for (let jobStatus = 1; jobStatus !== 2; ) {
  const poll = `${server}/insights/job/${jobId}/exportstatus`;
  const status = await good(await fetch(poll, { headers: { ...headers, prefer: 'wait=30' } }));
  const answer = (await status.json()) as { jobStatus: number; message: string };
  if (answer.jobStatus === 3) throw new Error(answer.message);
  jobStatus = answer.jobStatus;
}

const report = await good(await fetch(`${server}/insights/job/${jobId}/exportfile`, { headers }));
await writeFile(file, report.body!);
console.log(`${file}: the report of job ${jobId}`);
