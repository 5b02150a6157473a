import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Service } from './demo/service.ts';
import { rowsOf } from './demo/workbook.ts';

/*
 * The first minute: starts Trailport in a temporary place, imports sample records, exports what one user did and what
 * was done to one site, shows the reports, and goes on serving until Ctrl-C. `npm run demo -- --once` stops by itself.
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
  step('The service runs', `${service.url}, with everything it keeps in ${service.place}.`);

  const records = globSync('examples/records/*.{json,ndjson,csv}', {
    cwd: new URL('..', import.meta.url).pathname,
  }).sort();
  step('Sample records go in', 'Four files in four formats, which the service tells apart by itself.');
  const rejects = join(service.place, 'rejects.ndjson');
  console.log(indented(await service.trailport('import', ...records, '--allow-rejects', '--rejects', rejects)));
  const [aside = '{}'] = (await readFile(rejects, 'utf8')).split('\n');
  const { line, reason } = JSON.parse(aside) as { line: number; reason: string };
  console.log(indented(folded(`One record was set aside and can be fetched with its reason: line ${line}, ${reason}`)));

  const token = await tokenFrom(service);
  const ask = (path: string) => fetch(service.url + path, { headers: { authorization: `Bearer ${token}` }, signal });
  await exported(service, ask, `What ${user} did`, `/insights/users/${encodeURIComponent(user)}/activities/export`);
  const jobId = await exported(
    service,
    ask,
    'What was done to a site and all below it',
    `/insights/activities/object/${encodeURIComponent(site)}/export`,
  );

  const tokenFile = join(service.place, 'token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  step('The same by hand', once ? 'Without --once the service goes on running for these.' : 'In another terminal:');
  console.log(indented(byHand(service.url, tokenFile, jobId)));
  if (once) return;
  step('The reference page', `${service.url}/docs`);
  console.log(
    `\n  ${styleText('dim', 'The service runs until Ctrl-C, which stops it and removes everything it made.')}\n`,
  );
  await new Promise((stop) => signal.addEventListener('abort', stop, { once: true }));
  console.log('\n  Stopped, and cleaned up.\n');
}

/** Start, poll, download, as the wire's compatible part has it, with the answers to the letter. */
async function exported(
  service: Service,
  ask: (path: string) => Promise<Response>,
  title: string,
  path: string,
): Promise<string> {
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
  const size = zip.byteLength.toLocaleString('en-US');
  call(`/insights/job/${jobId}/exportfile`, `200 ${response.headers.get('content-type')}, ${size} bytes → ${file}`);
  console.log(`\n${indented(firstRows(await rowsOf(zip)))}`);
  return jobId;
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

/** Some columns of the first rows, within 96 characters. */
function firstRows([header = [], ...rows]: readonly string[][]): string {
  const columns = shown.map((title) => header.indexOf(title));
  if (columns.includes(-1)) throw new Error(`the report has the columns ${header.join(', ')}`);
  const table = [header, ...rows.slice(0, 6)].map((row) => columns.map((at) => shortened(row[at] ?? '', 28)));
  const widths = columns.map((_, i) => Math.max(...table.map((row) => widthOf(row[i]!))));
  const lines = table.map((row, i) => {
    const line = row
      .map((cell, at) => cell + ' '.repeat(widths[at]! - widthOf(cell)))
      .join('  ')
      .trimEnd();
    return i === 0 ? styleText('dim', line) : line;
  });
  const left = rows.length - 6;
  const more = `${rows.length} rows of ${header.length} columns${left > 0 ? `, the first 6 here` : ''}`;
  return `${lines.join('\n')}\n${styleText('dim', more)}`;
}

/** Columns on a terminal: Chinese, Japanese and Korean characters take two. */
function widthOf(text: string): number {
  return [...text].reduce(
    (width, char) => width + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(char) ? 2 : 1),
    0,
  );
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
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

function byHand(url: string, tokenFile: string, jobId: string): string {
  const path = `/insights/users/${encodeURIComponent(user)}/activities/export`;
  return [
    `SERVER=${url}; AUTH="Authorization: Bearer $(cat ${tokenFile})"`,
    `curl -H "$AUTH" $SERVER${path}`,
    `curl -H "$AUTH" $SERVER/insights/job/${jobId}/exportstatus`,
    `curl -H "$AUTH" $SERVER/insights/job/${jobId}/exportfile -o report.zip`,
  ].join('\n');
}
