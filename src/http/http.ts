import { guard, mountAuth } from './access.ts';
import { shuttingDown } from './answer/failures.ts';
import { application } from './application.ts';
import { boundConnections } from './connection/connections.ts';
import { Gate } from './connection/gate.ts';
import { describeRoutes, documentation } from './docs/docs.ts';
import type { Http, HttpParts } from './parts.ts';
import { knowAllMethods, refusingOtherMethods } from './request/methods.ts';
import { ownUrl, refuseAmbiguous } from './request/target.ts';
import { activityExports } from './routes/exports/activity-exports.ts';
import { exportRoutes } from './routes/exports/exports.ts';
import { healthRoutes } from './routes/health.ts';
import { importRoutes } from './routes/imports.ts';
import { jobStatus } from './routes/job-status.ts';
import { jobRoutes } from './routes/jobs.ts';
import { activityRoutes } from './routes/lookups/activities.ts';
import { storeRoute } from './routes/lookups/store.ts';
import { summaryRoute } from './routes/lookups/summary.ts';
import { answerPlainPolls } from './routes/plain-poll.ts';
import { reportDownload } from './routes/report-download.ts';

/** The API, ready but not yet listening. Closing it answers held polls at once. */
export async function openHttp(parts: HttpParts): Promise<Http> {
  const closing = new AbortController();
  const app = application(parts.config.limits, parts.log);
  // Not async: each promise is a microtask of every poll.
  app.addHook('onResponse', (request, reply, done) => {
    const seconds = reply.hasHeader('Preference-Applied') ? null : reply.elapsedTime / 1000;
    parts.traffic.answered(request.method, request.routeOptions.url, reply.statusCode, seconds);
    done();
  });
  // Hooks that wait for nothing are not async: each promise is a microsecond of every poll.
  app.addHook('onRequest', (request, _, done) => {
    refuseAmbiguous(request.raw, () => ownUrl(app, parts.config.publicUrl));
    done();
  });
  const connections = boundConnections(app, parts.config.limits);
  knowAllMethods(app);
  app.addHook('preClose', async () => closing.abort());
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id);
    if (closing.signal.aborted) throw shuttingDown();
    done();
  });

  const { limits } = parts.config;
  const downloads = new Gate('downloads', limits.downloads, limits.downloadsPerTenant);
  const uploads = new Gate('uploads', limits.uploads, limits.uploadsPerTenant);
  await describeRoutes(app);
  mountAuth(app, parts.auth);
  await app.register(async (scope: Http) => {
    guard(scope, parts.auth);
    await refusingOtherMethods(scope, async () => {
      activityExports(scope, parts);
      jobStatus(scope, parts, closing.signal);
      reportDownload(scope, parts, downloads);
      exportRoutes(scope, parts);
      activityRoutes(scope, parts);
      summaryRoute(scope, parts);
      storeRoute(scope, parts);
      jobRoutes(scope, parts, downloads);
      await importRoutes(scope, parts, uploads);
    });
  });
  await app.register(async (scope: Http) =>
    refusingOtherMethods(scope, async () => {
      healthRoutes(scope, parts);
      await documentation(scope, () => ownUrl(app, parts.config.publicUrl));
    }),
  );
  await app.ready();
  answerPlainPolls(app, parts, () => !closing.signal.aborted && !connections.isFull());
  return app;
}
