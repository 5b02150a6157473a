import fc from 'fast-check';
import type { SheetColumn, SheetRowsTask } from '../../../src/report/xlsx/sheet/columns.ts';
import { cellText, columnLetters } from '../../../src/report/xlsx/text.ts';

export const columns: SheetColumn[] = [
  { kind: 'time', careMask: 0 },
  { kind: 'text', careMask: 1 },
  { kind: 'text', careMask: 2 },
];
/** A time, a plain text, and any text. */
export type Row = readonly [ms: number, plain: string, any: string];

/** Rows in the engine's Native format: one block, the last column of values with a dictionary. */
export function native(rows: readonly Row[]): Buffer {
  const size = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...size(value >>> 7)]);
  const text = (value: string) => Buffer.concat([Buffer.from(size(Buffer.byteLength(value))), Buffer.from(value)]);
  const long = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const column = (type: string, ...data: Uint8Array[]) => [text('c'), text(type), ...data];
  const keys = [...new Set(['', ...rows.map(([, , any]) => any)])];
  const indexes = Uint32Array.from(rows, ([, , any]) => keys.indexOf(any));
  const dictionary = [long(1), long(0x602), long(keys.length), ...keys.map(text), long(rows.length)];
  return Buffer.concat([
    Buffer.from([...size(4), ...size(rows.length)]),
    ...column('Float64', Buffer.from(Float64Array.from(rows, ([ms]) => ms).buffer)),
    ...column('String', ...rows.map(([, plain]) => text(plain))),
    ...column('LowCardinality(String)', ...dictionary, Buffer.from(indexes.buffer)),
    ...column('UInt32', Buffer.from(Uint32Array.from(rows, () => 2).buffer)),
  ]);
}

/** The same rows as XML, written in the simplest way. */
export function xml(rows: readonly Row[], firstNumber: number): string {
  const lines = rows.map((row, i) => {
    const number = firstNumber + i;
    const cells = row.map((value, column) => {
      const head = `<c r="${columnLetters(column)}${number}`;
      if (value === '') return `${head}"/>`;
      if (typeof value === 'number') {
        const days = BigInt(value) + 25_569n * 86_400_000n;
        const serial = (days * 3125n + 26n) / 27n;
        const digits = String(serial).padStart(11, '0');
        return `${head}" s="1"><v>${digits.slice(0, -10)}.${digits.slice(-10)}</v></c>`;
      }
      const { open, content } = cellText(value, '…');
      return `${head}${open}${content}</t></is></c>`;
    });
    return `<row r="${number}">${cells.join('')}</row>`;
  });
  return lines.join('');
}

export const plainText = fc
  .string({ unit: fc.constantFrom(...'aZ9 .é議😀&<>"\''), maxLength: 40 })
  .map((text) => text.trim());
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('=1+1', '_x0041_', 'a'.repeat(40_000)),
);
export const excelMs = fc.integer({ min: Date.UTC(1900, 2, 1), max: Date.UTC(2299, 0, 1) });

/** All of these rows as a task. */
export function taskOf(rows: readonly Row[], firstNumber = 2): SheetRowsTask {
  return { columns, cutMark: '…', bytes: native(rows), from: 0, to: rows.length, firstNumber };
}

/** Rows that name their owner in every text. */
export function rowsOwnedBy(owner: string, count: number): Row[] {
  return Array.from(
    { length: count },
    (_, i): Row => [1_767_225_600_000 + i * 977, `${owner} item ${(i * 7919) % 10_007}`, `${owner} kind ${i % 7}`],
  );
}
