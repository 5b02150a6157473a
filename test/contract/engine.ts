import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Failure } from '../../src/domain/failure.ts';
import type { Chunk, Engine, StreamQuery } from '../../src/store/engine/engine.ts';

const never = new AbortController().signal;
/** Rows enough that no answer of them fits into what the parts of a connection hold. */
const many = 'SELECT number, repeat(toString(number), 40) AS text FROM numbers(100000000)';

async function textOf(engine: Engine, query: StreamQuery): Promise<string> {
  const chunks = await Array.fromAsync(engine.stream(query, never));
  return Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
}

/** Waits until no query has this text in it; the test's own time limit ends it otherwise. */
async function untilGone(engine: Engine, text: string): Promise<void> {
  const sql =
    "SELECT count() FROM system.processes WHERE position(query, {text:String}) > 0 AND query NOT LIKE '%system.processes%'";
  while (Number((await engine.rows<[string | number]>(sql, { text }))[0]![0]) > 0) await nextTurn();
}

/** What an `Engine` promises, for one adapter. `open` gives an engine with no tables of the caller's. */
export function engineContract(open: () => Promise<Engine>): void {
  test('statements with bindings answer rows, whatever the text', async () => {
    await using engine = await open();
    const odd = ['', "it's", '\\N \\', '\t\n\r\0', '{a:String}', '?', '💡 é', 'x'.repeat(70_000)];
    for (const text of odd) assert.deepEqual(await engine.rows('SELECT {text:String}', { text }), [[text]]);
    assert.deepEqual(await engine.rows('SELECT {list:Array(String)}', { list: odd }), [[odd]]);
    const values = await engine.rows<(string | number | null)[]>('SELECT {a:UInt64}, {b:Int64}, {c:Nullable(String)}', {
      a: 2 ** 40,
      b: -5,
      c: null,
    });
    assert.deepEqual(
      values[0]!.map((value) => (value === null ? null : Number(value))),
      [2 ** 40, -5, null],
    );
    assert.deepEqual(await engine.rows('SELECT 1 WHERE 0'), []);
  });

  test('temporary tables belong to one connection and end with it', async () => {
    await using engine = await open();
    {
      await using one = engine.connect();
      await using other = engine.connect();
      for (const connection of [one, other])
        await connection.run('CREATE TEMPORARY TABLE own (n UInt8) ENGINE = Memory');
      await one.run('INSERT INTO own VALUES (1)');
      assert.deepEqual((await one.rows<[number]>('SELECT n FROM own')).flat(), [1]);
      assert.deepEqual(await other.rows('SELECT n FROM own'), []);
      await one.run('INSERT INTO own SELECT n + 1 FROM own');
      assert.equal((await one.rows('SELECT n FROM own')).length, 2);
    }
    await using later = engine.connect();
    await assert.rejects(later.rows('SELECT n FROM own'), (error: Failure) => error.code === 'store_unreachable');
  });

  test('a block of columns is inserted with what is computed from it', async () => {
    await using engine = await open();
    await using connection = engine.connect();
    await connection.run(
      'CREATE TEMPORARY TABLE kept (a UInt32, text String, twice UInt64, rest UInt8 DEFAULT 7) ENGINE = Memory',
    );
    const columns = { a: 'UInt32', text: 'String' };
    const chunks = await Array.fromAsync(
      engine.stream(
        {
          sql: "SELECT toUInt32(number) AS a, concat('é\\0', toString(number)) AS text FROM numbers(3)",
          bindings: {},
          format: 'Native',
        },
        never,
      ),
    );
    const bytes = Buffer.concat(chunks.map((chunk) => chunk.bytes));
    for (const add of [0, 10]) {
      await connection.insert('kept', {
        format: 'Native',
        columns,
        bytes,
        computed: { a: `a + ${add}`, twice: 'a * 2' },
      });
    }
    const rows = await connection.rows<[number, string, string | number, number]>('SELECT * FROM kept ORDER BY a');
    assert.deepEqual(
      rows.map(([a]) => a),
      [0, 1, 2, 10, 11, 12],
    );
    assert.deepEqual(rows.map(([, text]) => text).slice(0, 3), ['é\u00000', 'é\u00001', 'é\u00002']);
    assert.deepEqual(
      rows.map(([, , , rest]) => rest),
      Array(6).fill(7),
    );
  });

  test('the chunks of a stream are whole blocks and say how many rows they have', async () => {
    await using engine = await open();
    await using connection = engine.connect();
    const settings = { max_block_size: 1000, max_threads: 1 };
    const sql = 'SELECT number, toString(number) AS text FROM numbers(12345)';
    for (const format of ['Native', 'JSONCompactEachRow'] as const) {
      const chunks = await Array.fromAsync(engine.stream({ sql, bindings: {}, format, settings }, never));
      assert.equal(sum(chunks), 12_345, format);
      assert.ok(chunks.length > 1, format);
      if (format === 'JSONCompactEachRow') {
        for (const { rows, bytes } of chunks) assert.equal(Buffer.from(bytes).toString().split('\n').length - 1, rows);
        continue;
      }
      await connection.run('CREATE TEMPORARY TABLE whole (number UInt64, text String) ENGINE = Memory');
      for (const { rows, bytes } of chunks) {
        // Each can be read alone.
        await connection.insert('whole', { format, columns: { number: 'UInt64', text: 'String' }, bytes });
        const counted = await connection.rows<[string | number]>('SELECT count() FROM whole');
        assert.equal(Number(counted[0]![0]), rows);
        await connection.run('TRUNCATE TABLE whole');
      }
    }
    const empty = { sql: 'SELECT number FROM numbers(0)', bindings: {}, format: 'Native' } as const;
    assert.deepEqual(await Array.fromAsync(engine.stream(empty, never)), []);
  });

  test('a template writes the same bytes as the engine in this process', async () => {
    await using engine = await open();
    const sql = `SELECT toDateTime64(number * 86400.001, 3, 'UTC') AS time, concat('a"b', toString(number)) AS text,
      if(number % 2 = 0, 'yes', 'no')::LowCardinality(String) AS word FROM numbers({rows:UInt32})`;
    const settings = {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the engine's own placeholder
      format_template_row_format: '${time:CSV},${text:CSV},${word:Raw}\r\n',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the engine's own placeholder
      format_template_resultset_format: '${data}',
      format_template_rows_between_delimiter: '',
      date_time_output_format: 'iso',
    };
    assert.equal(
      await textOf(engine, { sql, bindings: { rows: 2 }, format: 'Template', settings }),
      '"1970-01-01T00:00:00.000Z","a""b0",yes\r\n"1970-01-02T00:00:00.001Z","a""b1",no\r\n',
    );
    const parquet = { sql: 'SELECT number AS n FROM numbers(10)', bindings: {}, format: 'Parquet' } as const;
    const [file] = await Array.fromAsync(engine.stream(parquet, never));
    assert.equal(file!.rows, 10);
    for (const end of [file!.bytes.subarray(0, 4), file!.bytes.subarray(-4)])
      assert.equal(Buffer.from(end).toString(), 'PAR1');
  });

  test('a stream whose signal aborts, or that is left, ends in the engine too', { timeout: 60_000 }, async () => {
    await using engine = await open();
    const call = new AbortController();
    const query = { sql: `${many} WHERE 'ends with its signal' != ''`, bindings: {}, format: 'Native' } as const;
    await assert.rejects(async () => {
      for await (const _ of engine.stream(query, call.signal)) call.abort(new Error('called off'));
    }, /called off/);
    await untilGone(engine, 'ends with its signal');
    for await (const _ of engine.stream({ ...query, sql: `${many} WHERE 'is left' != ''` }, never)) break;
    await untilGone(engine, 'is left');
  });

  test('an error late in a stream is thrown, and quotes nothing', async () => {
    await using engine = await open();
    const sql = "SELECT throwIf(number = 900000, 'secret') AS wrong, repeat('x', 100) AS text FROM numbers(1000000)";
    // ClickHouse's FUNCTION_THROW_IF_VALUE_IS_NON_ZERO.
    const expected = { code: 'store_unreachable', message: 'The store could not answer (engine error 395).' };
    let rows = 0;
    await assert.rejects(async () => {
      const query = { sql, bindings: {}, format: 'Native', settings: { max_block_size: 1000 } } as const;
      for await (const chunk of engine.stream(query, never)) rows += chunk.rows;
    }, expected);
    assert.ok(rows < 1_000_000);
    await assert.rejects(engine.run("SELECT throwIf(1, 'secret')"), expected);
  });

  test('a long question ends after its time and with its signal, in the engine too', { timeout: 60_000 }, async () => {
    await using engine = await open();
    const endless =
      'SELECT count() FROM numbers(1000000000000) WHERE number % 3 = {rest:UInt8} AND sipHash64(number) != 0';
    await assert.rejects(engine.rowsApart(endless, { rest: 1 }, 300, never), { code: 'count_timeout' });
    const left = new AbortController();
    const asked = engine.rowsApart(endless, { rest: 2 }, 600_000, left.signal);
    asked.catch(() => undefined);
    assert.deepEqual((await engine.rows<[number]>('SELECT 4')).flat(), [4]);
    left.abort(new Error('nobody waits'));
    await assert.rejects(asked, /nobody waits/);
    await untilGone(engine, 'sipHash64(number)');
    assert.deepEqual(await engine.rowsApart('SELECT 5', {}, 10_000, never), [[5]]);
  });

  test('streams and statements run beside each other', async () => {
    await using engine = await open();
    const lengths = [1, 1000, 200_000, 500_000];
    const streams = lengths.map(async (rows) => {
      const query = { sql: 'SELECT number FROM numbers({rows:UInt32})', bindings: { rows }, format: 'Native' } as const;
      return sum(await Array.fromAsync(engine.stream(query, never)));
    });
    const statements = lengths.map((n) => engine.rows<[number]>('SELECT {n:UInt32}', { n }));
    assert.deepEqual(await Promise.all(streams), lengths);
    assert.deepEqual((await Promise.all(statements)).flat(2), lengths);
  });
}

function sum(chunks: readonly Chunk[]): number {
  return chunks.reduce((total, { rows }) => total + rows, 0);
}
