import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { formatBytes, formatTable, shortenText } from '../src/kit/print.ts';
import { Service } from './demo/service.ts';
import { rowsOf } from './demo/workbook.ts';

/*
 * The first minute: starts Trailport in a temporary directory, imports sample records, exports what one user did and
 * what was done to one site, shows the reports, and serves until Ctrl-C. `npm run demo -- --once` stops by itself.
 * TRAILPORT_PORT chooses the port.
 */
const once = process.argv.slice(2).includes('--once');
const user = 'megan.bowen@contoso.example';
const site = 'https://contoso.sharepoint.example/sites/finance';
const shown = ['Time (UTC)', 'User', 'Activity', 'Item'];

const enough = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => enough.abort());

try {
  await firstMinute(enough.signal);
} catch (error) {
  if (!enough.signal.aborted) {
    console.error(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

async function firstMinute(signal: AbortSignal): Promise<void> {
  console.log(`\n${styleText('bold', 'Trailport, the first minute')}`);
  await using service = await Service.start(signal);
  step('The service runs', `${service.url}, with its data in ${service.data}.`);

  const records = globSync('examples/records/*.{json,ndjson,csv}', {
    cwd: new URL('..', import.meta.url).pathname,
  }).sort();
  step('Import sample records', 'Four files in four formats; the service recognises each of them.');
  const rejects = join(service.place, 'rejects.ndjson');
  console.log(indented(await service.trailport('import', ...records, '--allow-rejects', '--rejects', rejects)));
  const [aside = '{}'] = (await readFile(rejects, 'utf8')).split('\n');
  const { line, reason } = JSON.parse(aside) as { line: number; reason: string };
  console.log(indented(folded(`One record is invalid on purpose and was rejected: line ${line}, ${reason}`)));

  const token = await tokenFrom(service);
  const ask = (path: string) => fetch(service.url + path, { headers: { authorization: `Bearer ${token}` }, signal });
  await exported(service, ask, `What ${user} did`, `/insights/users/${encodeURIComponent(user)}/activities/export`);
  await exported(
    service,
    ask,
    'What was done to a site and everything below it',
    `/insights/activities/object/${encodeURIComponent(site)}/export`,
  );

  const tokenFile = join(service.place, 'token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  const where = once
    ? 'Without --once the service keeps running for these lines.'
    : 'Paste all lines into another terminal.';
  step('The same by hand', where);
  // Not indented: pasted as they stand, in one go.
  console.log(`\n${byHand(service.url, tokenFile)}`);
  if (once) return;
  step('The API reference', `${service.url}/docs`);
  console.log(indented(`Authorize there with clientId and clientSecret of\n${join(service.data, 'credentials.json')}`));
  console.log(
    `\n  ${styleText('dim', 'The service runs until Ctrl-C, which stops it and removes everything it made.')}\n`,
  );
  await new Promise((stop) => signal.addEventListener('abort', stop, { once: true }));
  console.log('\n  Stopped; everything it made is removed.\n');
}

/** Start, poll, download with the compatible calls of the wire, and their answers unchanged. */
async function exported(
  service: Service,
  ask: (path: string) => Promise<Response>,
  title: string,
  path: string,
): Promise<void> {
  step(title, '');
  const started = await answerTo(ask, path);
  const { jobId } = JSON.parse(started) as { jobId: string };
  for (let polls = 1, status = 1; status === 1; polls++) {
    if (polls > 600) throw new Error(`job ${jobId} did not end within a minute`);
    if (polls > 1) await new Promise((next) => setTimeout(next, 100));
    const document = await answerTo(ask, `/insights/job/${jobId}/exportstatus`);
    const { jobStatus, message } = JSON.parse(document) as { jobStatus: number; message: string };
    if (jobStatus === 3) throw new Error(`job ${jobId} failed: ${message}`);
    status = jobStatus;
  }
  const response = await ask(`/insights/job/${jobId}/exportfile`);
  if (response.status !== 200) throw new Error(`the download answered ${response.status}: ${await response.text()}`);
  const zip = Buffer.from(await response.arrayBuffer());
  const file = join(service.place, `activity-export-${jobId}.zip`);
  await writeFile(file, zip);
  const size = formatBytes(zip.byteLength);
  call(`/insights/job/${jobId}/exportfile`, `200 ${response.headers.get('content-type')}, ${size} → ${file}`);
  console.log(`\n${indented(firstRows(await rowsOf(zip)))}`);
}

async function answerTo(ask: (path: string) => Promise<Response>, path: string): Promise<string> {
  const response = await ask(path);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`);
  call(path, text);
  return text;
}

async function tokenFrom(service: Service): Promise<string> {
  const { clientId, clientSecret, scope } = await service.credentials();
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope,
  });
  const response = await fetch(`${service.url}/connect/token`, { method: 'POST', body });
  if (response.status !== 200) throw new Error(`the token endpoint answered ${response.status}`);
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

/** Some columns of the first rows, within 96 columns of a terminal. */
function firstRows([header = [], ...rows]: readonly string[][]): string {
  const columns = shown.map((title) => header.indexOf(title));
  if (columns.includes(-1)) throw new Error(`the report has the columns ${header.join(', ')}`);
  const first = [header, ...rows.slice(0, 6)].map((row) => columns.map((at) => shortenText(row[at] ?? '', 28)));
  const [head = '', ...lines] = formatTable(first).trimEnd().split('\n');
  const note = `${rows.length} rows of ${header.length} columns${rows.length > 6 ? ', the first 6 here' : ''}`;
  return [styleText('dim', head), ...lines, styleText('dim', note)].join('\n');
}

function step(title: string, note: string): void {
  console.log(
    `\n${styleText('cyan', '●')} ${styleText('bold', title)}${note === '' ? '' : `\n  ${styleText('dim', note)}`}`,
  );
}

function call(path: string, answer: string): void {
  console.log(`  ${styleText('dim', 'GET')} ${folded(path).replaceAll('\n', '\n      ')}\n    ${answer}`);
}

/** Lines of at most 94 characters. */
function folded(text: string): string {
  return text.replace(/(.{1,94})(?: |$)|(.{94})/g, '$1$2\n').trimEnd();
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '  ');
}

function byHand(url: string, tokenFile: string): string {
  return [
    `SERVER=${url}; AUTH="Authorization: Bearer $(cat ${tokenFile})"`,
    `START=$SERVER/insights/users/${encodeURIComponent(user)}/activities/export`,
    `JOB=$(curl -s -H "$AUTH" $START | node -p 'JSON.parse(fs.readFileSync(0)).jobId')`,
    'curl -s -H "$AUTH" -H "Prefer: wait=30" $SERVER/insights/job/$JOB/exportstatus; echo',
    'curl -s -H "$AUTH" -o report.zip $SERVER/insights/job/$JOB/exportfile; ls -l report.zip',
  ].join('\n');
}
