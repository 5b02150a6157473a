import { readStruct, type Struct, type Value, writeStruct } from './thrift.ts';

const magic = Buffer.from('PAR1');

/** Field numbers of parquet.thrift that are needed. */
const fileFields = { rows: 3, rowGroups: 4 } as const;
const groupFields = { columns: 1, offset: 5, ordinal: 7 } as const;
const chunkFields = { offset: 2, meta: 3 } as const;
const metaFields = { data: 9, index: 10, dictionary: 11 } as const;

/**
 * Many whole Parquet files of one schema as one: the engine streams a file for every block of rows, and a file is
 * nothing but row groups and a footer that says where they are. The pages stay as the engine wrote them.
 */
export class ParquetFile {
  #footer: Struct | null = null;
  #rows = 0n;
  readonly #groups: Value[] = [];
  #bytes = magic.length;

  /** What stands before everything. */
  static readonly head = magic;

  /** Takes the next file; answers with its row groups' bytes, which are written next. */
  add(file: Uint8Array): Uint8Array {
    const { footer, pages } = partsOf(file);
    this.#footer ??= footer;
    this.#rows += integer(footer, fileFields.rows)?.value ?? 0n;
    const shift = BigInt(this.#bytes - magic.length);
    for (const group of list(footer, fileFields.rowGroups)) {
      moveGroup(group as Struct, shift);
      // Numbers are 16 bits wide (parquet.thrift, RowGroup.ordinal) and optional.
      (group as Struct).fields.delete(groupFields.ordinal);
      this.#groups.push(group);
    }
    this.#bytes += pages.length;
    return pages;
  }

  /** Takes a file for its schema only: what a report without rows needs. */
  addSchema(file: Uint8Array): void {
    this.#footer = partsOf(file).footer;
  }

  /** What stands behind everything. */
  foot(): Buffer {
    if (this.#footer === null) throw new RangeError('A Parquet file needs a schema.');
    const fields = new Map(this.#footer.fields);
    fields.set(fileFields.rows, { type: 'integer', code: 6, value: this.#rows });
    fields.set(fileFields.rowGroups, { type: 'list', code: 12, values: this.#groups });
    const footer = writeStruct({ type: 'struct', fields });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    return Buffer.concat([footer, length, magic]);
  }
}

function partsOf(file: Uint8Array): { footer: Struct; pages: Buffer } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const end = bytes.length - 8;
  if (end < 4 || !bytes.subarray(-4).equals(magic) || !bytes.subarray(0, 4).equals(magic)) {
    throw new RangeError('The engine did not answer with Parquet.');
  }
  const start = end - bytes.readUInt32LE(end);
  return { footer: readStruct(bytes.subarray(start, end)), pages: bytes.subarray(4, start) };
}

function moveGroup(group: Struct, shift: bigint): void {
  move(group, groupFields.offset, shift);
  for (const chunk of list(group, groupFields.columns) as Struct[]) {
    move(chunk, chunkFields.offset, shift);
    const meta = chunk.fields.get(chunkFields.meta) as Struct;
    for (const field of Object.values(metaFields)) move(meta, field, shift);
  }
}

/** Zero says that there is none: no page begins before the magic number. */
function move(struct: Struct, field: number, shift: bigint): void {
  const offset = integer(struct, field);
  if (offset !== null && offset.value !== 0n) offset.value += shift;
}

function integer(struct: Struct, field: number): Extract<Value, { type: 'integer' }> | null {
  const value = struct.fields.get(field);
  return value?.type === 'integer' ? value : null;
}

function list(struct: Struct, field: number): Value[] {
  const value = struct.fields.get(field);
  return value?.type === 'list' ? value.values : [];
}
