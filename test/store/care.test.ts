import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Activity } from '../../src/domain/activity.ts';
import { textColumns } from '../../src/domain/columns.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { careBits, careOf, isCareStart, longUnits } from '../../src/store/rules/care.ts';
import { activity } from './activities.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
let engine: ChdbEngine;
before(() => {
  engine = new ChdbEngine(directory);
});
after(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const bit = (i: number) => 1 << i;

/** The care of each activity, as an import computes it. */
async function caresOf(activities: readonly Activity[]): Promise<number[]> {
  const columns = [...textColumns, 'raw' as const];
  const rows = activities.map((one) => columns.map((name) => one[name]));
  const type = `Array(Tuple(${columns.map((name) => `${name} String`).join(', ')}))`;
  const list = columns.map((name, i) => `row.${i + 1} AS ${name}`).join(', ');
  const sql = `SELECT ${careOf((name) => name)} FROM (SELECT ${list} FROM (SELECT arrayJoin(JSONExtract({rows:String}, '${type}')) AS row))`;
  return (await engine.rows<[number]>(sql, { rows: JSON.stringify(rows) })).map(([care]) => care);
}

test('an everyday activity needs no care', async () => {
  const item = 'Présentation 議事録 😀 a_x b=c＝d.docx';
  const object = 'https://a.example/<x>?a=1&b="2"';
  assert.deepEqual(await caresOf([activity(1), activity(1, { item, object })]), [0, 0]);
});

test('each column that is not plain has its own bit', async () => {
  const starts = ['=1', '+', '-', '@', '＝1', '＋', '－', '＠'];
  const ends = [' a', 'a ', '\u00a0a', 'a\u3000', '\ufeffa', 'a\u2028', '\u2005'];
  const inside = ['a\nb', '\u0000', 'a\u007f', 'é\u009f', '\u0085', '\ttab', '_x0041_', 'b_x1_a', '\uffff', '\ufffe'];
  for (const [i, name] of textColumns.entries()) {
    const texts = [...starts, ...ends, ...inside];
    const found = await caresOf(texts.map((text) => activity(1, { [name]: text })));
    for (const [j, care] of found.entries()) assert.equal(care, bit(i), `${name} ${JSON.stringify(texts[j])}`);
    // Units, not characters: the fourth has 32,766 of the first and 16,383 of the second, the fifth two units more.
    const plain = ['', 'x'.repeat(longUnits), 'é'.repeat(longUnits), '😀'.repeat(16_383)];
    assert.deepEqual(await caresOf(plain.map((text) => activity(1, { [name]: text }))), [0, 0, 0, 0]);
    const long = ['😀'.repeat(16_384), 'x'.repeat(longUnits + 1)];
    const expected = bit(i) | bit(careBits.long);
    assert.deepEqual(await caresOf(long.map((text) => activity(1, { [name]: text }))), [expected, expected]);
  }
});

test('the original record has a bit of its own', async () => {
  const raws = ['{"a":"_x0041_"}', `{"a":"${'x'.repeat(longUnits)}"}`, '{"a":"=1"}'];
  const expected = [bit(careBits.raw), bit(careBits.raw), 0];
  assert.deepEqual(await caresOf(raws.map((raw) => activity(1, { raw }))), expected);
});

test('the characters that a guard may rely on are those that the rule looks for', async () => {
  const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isCareStart);
  assert.ok(['=', '-', '＠', '\t', '\u0085'].every((one) => characters.includes(one)));
  assert.ok(!characters.includes('\\') && !characters.includes('a'));
  const found = await caresOf(characters.map((one) => activity(1, { item: `${one}a` })));
  assert.deepEqual(new Set(found), new Set([bit(textColumns.indexOf('item'))]));
});

test('the fast way to find texts that are not plain finds the same in generated texts', async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  // Of each kind that the rule knows, and neighbours of each.
  const pieces =
    ` |\u00a0|\u2003|\u3000|\ufeff|=|+|-|@|＝|＠|a|Z|0|é|Σ|議|😀|_x|_x00|_|x41_|_x0041_|\t|\n|\r|\u0000|\u001f|\u007f|\u0080|\u009f|\u00a1|\ufffd|\ufffe|\uffff|\\|"|{}`.split(
      '|',
    );
  const random = generator(seed);
  const texts = Array.from({ length: 5000 }, () => {
    const length = random() % (random() % 5 === 0 ? 400 : 6);
    return Array.from({ length }, () => pieces[random() % pieces.length]).join('');
  });
  // `user` and `item` are examined in different ways.
  const rows = await caresOf(texts.map((text) => activity(1, { user: text, item: text, raw: text })));
  const [user, item] = [textColumns.indexOf('user'), textColumns.indexOf('item')];
  let notPlain = 0;
  for (const [i, care] of rows.entries()) {
    const slow = (care >> user) & 1;
    notPlain += slow;
    assert.deepEqual([(care >> item) & 1, (care >> careBits.raw) & 1], [slow, slow], JSON.stringify(texts[i]));
  }
  assert.ok(notPlain > 1000 && notPlain < 4900, `${notPlain} of 5000`);
});

/** A linear congruential generator (Numerical Recipes); the upper bits are the good ones. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
