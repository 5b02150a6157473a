import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { activitiesOf, csvHeader, csvRow, itemsOf, record, utf16 } from './reading.ts';

/** Any JSON value with any texts, lone surrogates among them. */
const anyJson = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
const anyText = fc.string({ unit: 'binary', maxLength: 60 });
/** A user that says something: a row's column fills in for one that does not. */
const someText = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => text !== '__NULL__');
const anyRecord = fc
  .tuple(fc.dictionary(anyText, anyJson, { maxKeys: 6 }), someText, anyText)
  .map(([more, user, object]) => ({
    ...more,
    ...record('id', { Words: `a  "b" ,\n{ ${user} }` }),
    UserId: user,
    ObjectId: object,
  }));
const pieces = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 });

/** What the program makes of a text: `__NULL__` is what Graph writes for nothing. */
const kept = (text: string) => (text === '__NULL__' ? '' : text.toWellFormed());

test('whatever a record says, its texts and its raw come back equal from every wrapper', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), pieces, async (records, lengths) => {
      const texts = records.map((one) => JSON.stringify(one));
      const files = [
        texts.join('\n'),
        `[${texts.join(',')}]`,
        `{"value":[${texts.join(' , ')}],"@odata.nextLink":"]}"}`,
        [csvHeader, ...texts.map((one) => csvRow(one))].join('\r\n'),
        texts.map((AuditData) => JSON.stringify({ AuditData })).join('\n'),
      ];
      for (const file of files) {
        for (const bytes of [Buffer.from(file), gzipSync(file), utf16(file, 'le'), utf16(file, 'be')]) {
          const items = await itemsOf(bytes, { pieces: lengths });
          const activities = items.flatMap((item) => (item.kind === 'activity' ? [item.activity] : []));
          assert.deepEqual(
            activities.map((one) => one.raw),
            texts,
          );
          assert.deepEqual(
            activities.map((one) => one.user),
            records.map((one) => kept(one.UserId)),
          );
          assert.deepEqual(
            activities.map((one) => one.object),
            records.map((one) => kept(one.ObjectId)),
          );
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('however a record is laid out over lines, one raw text remains, and it parses to the same', async () => {
  const indents = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant('\t'));
  await fc.assert(
    fc.asyncProperty(anyRecord, indents, fc.constantFrom('\n', '\r\n'), async (one, indent, lineEnd) => {
      const minified = JSON.stringify(one);
      const pretty = JSON.stringify(one, null, indent).replaceAll('\n', lineEnd);
      for (const file of [
        pretty,
        `[${pretty}${lineEnd}]`,
        `${csvHeader}\n${csvRow(pretty)}`,
        `{"AuditData":${pretty}}`,
      ]) {
        assert.deepEqual(
          (await activitiesOf(file)).map((activity) => activity.raw),
          [minified],
        );
      }
    }),
    { numRuns: 100 },
  );
});

test('any bytes whatever end in items or in one of our failures', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\n', '\\', '1', '"Id"', '{"value":[', csvHeader), {
        maxLength: 40,
      })
      .map((parts) => Buffer.from(parts.join(''))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, pieces, fc.boolean(), async (file, lengths, packed) => {
      const outcome = (options: object) =>
        itemsOf(packed ? gzipSync(file) : file, options).catch((error) => [error.code, error.message]);
      assert.deepEqual(await outcome({ pieces: lengths }), await outcome({}));
    }),
    { numRuns: 2000 },
  );
});
