import type { ReportFile } from '../domain/job.ts';
import { notesFor } from './notes.ts';
import type { SummaryFacts } from './rows.ts';
import { isoTime, overflowName, unknownNames } from './summary.ts';
import type { ReportOrder } from './task.ts';
import { words } from './words/words.ts';

/** The Summary for programs, and every other file of the ZIP with its digest. It is written when every row is. */
export function manifest(order: ReportOrder, facts: SummaryFacts, files: readonly ReportFile[]): string {
  const { request } = order;
  const texts = words[request.language];
  const document = {
    manifestVersion: 1,
    report: 'activity',
    request,
    askedFor: {
      tenant: order.tenant,
      app: order.app,
      appName: order.appName,
      jobId: order.jobId,
      at: isoTime(order.askedAtMs),
    },
    storeReadAt: isoTime(order.readAtMs),
    rows: facts.rows,
    firstActivity: isoTime(facts.firstMs),
    lastActivity: isoTime(facts.lastMs),
    newestActivityInStore: isoTime(facts.newestMs),
    complete: facts.cutValues === 0,
    incompleteBecause: facts.cutValues === 0 ? null : texts.cut(facts.cutValues, overflowName),
    cutValues: facts.cutValues,
    neverSeen: unknownNames(order, facts),
    rowsByActivity: facts.byActivity,
    rowsByDay: facts.byDay,
    notes: notesFor(order, facts),
    files,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
