import { METHODS } from 'node:http';
import { Failure } from '../../domain/failure.ts';
import type { Http } from '../parts.ts';

/** Without CONNECT: Node ends such a connection itself. */
const methods = METHODS.filter((method) => method !== 'CONNECT');

/** Makes every method known to the router, so that rare ones are refused like any other. */
export function knowAllMethods(app: Http): void {
  for (const method of methods) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
}

/** Makes routes. Their addresses answer other methods with 405 and `Allow`, before a body is read. */
export async function refusingOtherMethods(app: Http, makeRoutes: () => Promise<void> | void): Promise<void> {
  const made = new Map<string, string[]>();
  let complete = false;
  app.addHook('onRoute', ({ url, method }) => {
    if (!complete) made.set(url, [...(made.get(url) ?? []), method].flat());
  });
  await makeRoutes();
  complete = true;
  for (const [url, allowed] of made) {
    app.route({
      method: methods.filter((method) => !allowed.includes(method)),
      url,
      schema: { hide: true },
      onRequest: async () => {
        const allow = allowed.join(', ');
        throw new Failure('method_not_allowed', `This address takes ${allow}; use that.`, { facts: { allow } });
      },
      handler: async () => undefined,
    });
  }
}
