import { type Pattern, patterns, plain, shown } from './patterns.ts';
import { type Message, type OpenApi, type Place, placesOf } from './places.ts';
import { type Sent, send } from './send.ts';

export type Sweep = {
  readonly url: string;
  /** Sent as a Bearer token, unless the header itself is swept. */
  readonly token: string;
  /** Values for parameters and members by name, so that what is not swept is valid. */
  readonly known: Readonly<Record<string, string>>;
  /** Every pattern, or a short choice. */
  readonly whole: boolean;
  /** Characters in a body. */
  readonly bodyCharacters: number;
  /** Whether a place is swept. */
  readonly takes?: (place: string) => boolean;
  readonly onPlace?: (place: string, slowestMs: number) => void;
};

export type Finding = { readonly place: string; readonly pattern: string; readonly wrong: string };

/** A message may take this many times what plain text of the same length takes there … */
const times = 3;
/** … and less than this is noise of the machine, in milliseconds. What is quadratic takes seconds. */
const floorMs = 50;
/** A slow one is asked again so often, and its quickest counts: a busy machine is not the text's fault. */
const repeats = 4;

/** Sends every pattern into every place of the service's OpenAPI document; what it finds, and how many messages it sent. */
export async function sweep(options: Sweep): Promise<{ readonly findings: Finding[]; readonly sent: number }> {
  const document = (await (await fetch(`${options.url}/openapi.json`)).json()) as OpenApi;
  const places = placesOf(document, options).filter(({ name }) => options.takes?.(name) ?? true);
  const findings: Finding[] = [];
  let sent = 0;
  const ask = (message: Message) => {
    sent++;
    const headers = { Authorization: `Bearer ${options.token}`, ...message.headers };
    return send(options.url, { ...message, headers });
  };
  for (const [at, place] of places.entries()) {
    const base = place.message(plain);
    if (base === null) continue;
    const plainMs = (await quickestOf(() => ask(base))).ms;
    let slowestMs = 0;
    for (const [number, pattern] of patterns(options.whole).entries()) {
      // The short form tries every second pattern at a place, and the others at the next.
      if (!options.whole && (at + number) % 2 === 1) continue;
      const message = place.message(pattern);
      if (message === null) continue;
      const most = Math.max(floorMs, times * plainMs);
      const wrong = await wrongWith(place, () => ask(message), most).catch((error: Error) => error.message);
      if (typeof wrong === 'string') findings.push({ place: place.name, pattern: shown(pattern), wrong });
      else slowestMs = Math.max(slowestMs, wrong);
    }
    options.onPlace?.(place.name, slowestMs);
  }
  return { findings, sent };
}

/** What is wrong with the answer; the milliseconds that it took when nothing is. */
async function wrongWith({ operation }: Place, ask: () => Promise<Sent>, mostMs: number): Promise<string | number> {
  const first = await ask();
  if (first.status === 500 || first.status === 0) return `answered ${first.status}`;
  if (!(String(first.status) in operation.responses)) return `answered ${first.status}, which is not documented`;
  if (first.ms <= mostMs) return first.ms;
  const { ms } = await quickestOf(ask);
  return ms <= mostMs ? ms : `took ${ms.toFixed(1)} ms, where ${mostMs.toFixed(1)} are allowed`;
}

async function quickestOf(ask: () => Promise<Sent>): Promise<Sent> {
  const all: Sent[] = [];
  for (let i = 0; i < repeats; i++) all.push(await ask());
  return all.reduce((a, b) => (b.ms < a.ms ? b : a));
}

export type { Pattern };
