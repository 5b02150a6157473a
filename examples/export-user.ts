import { writeFile } from 'node:fs/promises';

/*
 * A whole client in fetch calls: token, start, poll, download.
 *   TRAILPORT_SERVER=… TRAILPORT_CLIENT_ID=… TRAILPORT_CLIENT_SECRET=… node examples/export-user.ts EMAIL [FILE]
 */
const { TRAILPORT_SERVER: server, TRAILPORT_CLIENT_ID: id, TRAILPORT_CLIENT_SECRET: secret } = process.env;
const [email, file = 'report.zip'] = process.argv.slice(2);
if (!server || !id || !secret || !email) {
  console.error('Set TRAILPORT_SERVER, TRAILPORT_CLIENT_ID and TRAILPORT_CLIENT_SECRET, and name a user.');
  process.exit(2);
}

/** A good answer, or an error with the sentence that the service says. */
async function good(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`${response.status} ${await response.text()}`);
}

const scope = 'insights.graph.readwrite.all';
const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret, scope };
const granted = await good(await fetch(`${server}/connect/token`, { method: 'POST', body: new URLSearchParams(form) }));
const { access_token: token } = (await granted.json()) as { access_token: string };
const headers = { authorization: `Bearer ${token}` };

// encodeURIComponent matters: a guest is called …#EXT#@…, and # would end the address.
const start = `${server}/insights/users/${encodeURIComponent(email)}/activities/export`;
const { jobId } = (await (await good(await fetch(start, { headers }))).json()) as { jobId: string };

// 1 in progress, 2 finished, 3 failed. `Prefer: wait` answers when the job ends, so this asks about once.
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
