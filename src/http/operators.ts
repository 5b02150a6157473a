import { application } from './application.ts';
import { boundConnections } from './connection/connections.ts';
import type { Http, HttpParts } from './parts.ts';
import { knowAllMethods, refusingOtherMethods } from './request/methods.ts';
import { healthRoutes } from './routes/health.ts';

/** Connections of those who run the service: some scrapers and probes, each with one. */
const mostConnections = 64;

/** The figures in a text format, with the media type of that format. */
export type FiguresText = { readonly contentType: string; readonly text: () => Promise<string> };

/**
 * What those who run the service ask it, for a listener that is not the API's: `/metrics`, `/healthz` and `/readyz`. There is
 * no token: whoever reaches the listener may read figures.
 */
export async function openOperators(
  { health, log, config }: Pick<HttpParts, 'health' | 'log' | 'config'>,
  figures: FiguresText,
): Promise<Http> {
  const app = application(config.limits, log);
  boundConnections(app, { ...config.limits, connections: mostConnections });
  knowAllMethods(app);
  await refusingOtherMethods(app, () => {
    healthRoutes(app, { health });
    app.get('/metrics', async (_request, reply) => {
      reply.type(figures.contentType).header('Cache-Control', 'no-store');
      return await figures.text();
    });
  });
  await app.ready();
  return app;
}
