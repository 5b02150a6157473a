import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Failure } from '../../src/domain/failure.ts';
import { S3Files } from '../../src/files/s3/s3-files.ts';
import { TestBucket } from '../bucket.ts';
import { filesContract } from './files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'trailport-files-'));
const storage = await TestBucket.start();
after(async () => {
  await storage[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true });
});

/** Everything is old: the storage's clock is in whole seconds. */
const atOnce = -2000;
const open = (leftoverMs = atOnce) => S3Files.open({ ...storage.place, folder: 'reports', scratch, leftoverMs });
filesContract(
  'S3',
  async () => open(),
  (name) => join(scratch, name),
);

const isAway = (error: Failure) => error.code === 'files_unreachable';

test('S3: copies for this machine are gone when they are let go', () => {
  assert.deepEqual(readdirSync(scratch), []);
});

test('S3: uploads that a dead process has left are given up when they are a day old by the clock of the storage', async () => {
  // The storage of the other tests lists no uploads, so this one answers these calls alone, with a clock of its own.
  const now = Date.UTC(2030, 0, 2);
  const givenUp: string[] = [];
  const upload = (key: string, ageHours: number) =>
    `<Upload><Key>some/where/reports/${key}</Key><UploadId>of ${key}</UploadId>
     <Initiated>${new Date(now - ageHours * 3_600_000).toISOString()}</Initiated></Upload>`;
  const own = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://storage');
    response.setHeader('Date', new Date(now).toUTCString());
    if (request.method === 'DELETE') {
      givenUp.push(`${pathname} ${searchParams.get('uploadId')}`);
      response.writeHead(204).end();
    } else if (searchParams.has('uploads')) {
      const isSecond = searchParams.get('key-marker') !== null;
      const uploads = isSecond ? upload('old-2.zip', 25) : upload('old.zip', 24) + upload('young.zip', 23);
      const more = isSecond
        ? '<IsTruncated>false</IsTruncated>'
        : '<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>';
      response.end(`<ListMultipartUploadsResult>${uploads}${more}</ListMultipartUploadsResult>`);
    } else response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
  }).listen(0, '127.0.0.1');
  await once(own, 'listening');
  const endpoint = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
  const kept = S3Files.open({ ...storage.place, endpoint, folder: 'reports', scratch });
  assert.equal(await kept.removeLeftovers(async () => new Set()), 2);
  const path = '/trailport/some/where/reports';
  assert.deepEqual(givenUp, [`${path}/old.zip of old.zip`, `${path}/old-2.zip of old-2.zip`]);
  own.close();
  own.closeAllConnections();
});

test('S3: a storage that is away, or refuses, is a failure that says so; the local file stays, and later it can be put', async () => {
  const kept = open();
  const path = join(scratch, 'waiting.part');
  writeFileSync(path, 'waiting');
  await storage.stop();
  for (const call of [
    () => kept.put('waiting.zip', path),
    () => kept.open('waiting.zip'),
    () => kept.local('waiting.zip'),
    () => kept.remove('waiting.zip'),
    () => kept.removeLeftovers(async () => new Set()),
    () => kept.check(),
  ]) {
    await assert.rejects(call(), isAway);
  }
  assert.ok(existsSync(path));
  await storage.resume();
  await kept.put('waiting.zip', path);
  assert.equal((await kept.open('waiting.zip')).bytes, 7);
  const elsewhere = S3Files.open({ ...storage.place, bucket: 'no-such-bucket', folder: 'reports', scratch });
  await assert.rejects(
    elsewhere.check(),
    (error: Failure) => isAway(error) && !error.message.includes('only for tests'),
  );
});
