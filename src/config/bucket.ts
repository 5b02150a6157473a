import type { BucketPlace } from '../domain/bucket.ts';
import { Failure } from '../domain/failure.ts';
import { secretFrom } from './servers.ts';

/** Where Amazon's own examples are; other storages pass over it. */
const usualRegion = 'us-east-1';

/** The bucket of reports and received files; null for the data directory. */
export function bucketFrom(env: NodeJS.ProcessEnv): BucketPlace | null {
  const text = env.TRAILPORT_FILES_URL;
  if (text === undefined) return null;
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  const [, bucket, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w!.*'()/-]{0,500}))?$/.exec(text) ?? [];
  if (bucket === undefined) {
    throw new Failure('settings_invalid', 'TRAILPORT_FILES_URL must be an address such as s3://BUCKET/PREFIX.');
  }
  const ended = prefix.replace(/\/+$/, '');
  return {
    bucket,
    prefix: ended === '' ? '' : `${ended}/`,
    endpoint: endpointFrom(env.TRAILPORT_FILES_ENDPOINT),
    region: env.TRAILPORT_FILES_REGION ?? usualRegion,
    credentials: credentialsFrom(env),
  };
}

function endpointFrom(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  const message = 'TRAILPORT_FILES_ENDPOINT must be an http or https address such as https://s3.example.org.';
  throw new Failure('settings_invalid', message);
}

function credentialsFrom(env: NodeJS.ProcessEnv): BucketPlace['credentials'] {
  const accessKeyId = secretFrom(env, 'TRAILPORT_FILES_ACCESS_KEY_ID');
  const secretAccessKey = secretFrom(env, 'TRAILPORT_FILES_SECRET_ACCESS_KEY');
  if (accessKeyId === null && secretAccessKey === null) return null;
  if (accessKeyId !== null && secretAccessKey !== null) return { accessKeyId, secretAccessKey };
  const message =
    'TRAILPORT_FILES_ACCESS_KEY_ID and TRAILPORT_FILES_SECRET_ACCESS_KEY belong together; set both, or none.';
  throw new Failure('settings_invalid', message);
}
