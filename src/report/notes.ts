import type { SummaryFacts } from './rows.ts';
import { overflowName, unknownNames } from './summary.ts';
import type { ReportOrder } from './task.ts';
import { words } from './words/words.ts';

/** A note is kept with its job, so the names in it have limits. */
const mostNames = 20;
const mostCharacters = 200;

/** What a person should know of a report besides its rows, a sentence each, in the language of the report. */
export function notesFor(order: ReportOrder, facts: SummaryFacts): string[] {
  const say = words[order.request.language];
  const unknown = unknownNames(order, facts);
  const names = unknown.slice(0, mostNames).map((name) => `“${shortened(name)}”`);
  return [
    ...(unknown.length === 0
      ? []
      : [say.neverSeen(names.join(', '), unknown.length - names.length, say.sources[order.request.source])]),
    ...(facts.cutValues === 0 ? [] : [say.cut(facts.cutValues, overflowName)]),
    ...(order.request.format === 'csv' ? [say.csvQuote] : []),
  ];
}

function shortened(name: string): string {
  return name.length <= mostCharacters ? name : `${name.slice(0, mostCharacters).replace(/[\ud800-\udbff]$/, '')}…`;
}
