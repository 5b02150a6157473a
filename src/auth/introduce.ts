import { existsSync, readFileSync } from 'node:fs';
import { readWriteAll } from '../domain/access.ts';
import { Failure } from '../domain/failure.ts';
import type { TenantId } from '../domain/ids.ts';
import { writePrivateFile } from '../kit/files.ts';
import type { Apps } from './storage/apps.ts';

/** On the first start in an empty data directory: an app for the person at the machine, and where the service is. */
export async function introduce(path: string, server: string, apps: Apps): Promise<void> {
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : null;
  if (known === null && (await apps.list()).length > 0) return;
  if (known !== null && known.server === server) return;
  const tenant = 'default' as TenantId;
  let credentials = known;
  if (credentials === null) {
    const { app, secret } = await apps.add({ name: 'This machine', tenant });
    if (secret === null) throw new Failure('internal', 'The first app has no secret.');
    credentials = { server, tenant, clientId: app.id, clientSecret: secret, scope: readWriteAll };
  }
  await writePrivateFile(path, `${JSON.stringify({ ...credentials, server }, null, 2)}\n`);
}
