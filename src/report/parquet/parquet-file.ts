import { readStruct, type Struct, type Value, writeStruct } from './thrift.ts';

const magic = Buffer.from('PAR1');

/** Field numbers of parquet.thrift that are read or changed. */
const fileFields = { schema: 2, rows: 3, rowGroups: 4 } as const;
const groupFields = { columns: 1, offset: 5, ordinal: 7 } as const;
const chunkFields = { offset: 2, meta: 3 } as const;
const metaFields = { data: 9, index: 10, dictionary: 11 } as const;

/**
 * The fields of parquet.thrift that stay true when pages move, besides the offsets above. Any other field is refused:
 * it may hold an offset that would point to a wrong place (page index, bloom filters) or encryption.
 */
const keptFields = {
  // version, schema, num_rows, row_groups, key_value_metadata, created_by, column_orders
  file: [1, 2, 3, 4, 5, 6, 7],
  // columns, total_byte_size, num_rows, sorting_columns, file_offset, total_compressed_size, ordinal
  group: [1, 2, 3, 4, 5, 6, 7],
  // file_offset, meta_data
  chunk: [2, 3],
  // type … statistics, encoding_stats, size_statistics
  meta: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16],
} as const;

/**
 * Joins whole Parquet files of one schema: the engine streams a file for each block of rows, and a file is row groups
 * and a footer with their offsets. The pages stay as the engine wrote them. Throws RangeError on files of different
 * schemas, and on footers with something that would not be true in the joined file.
 */
export class ParquetFile {
  #footer: Struct | null = null;
  #rows = 0n;
  readonly #groups: Value[] = [];
  #bytes = magic.length;

  /** The first bytes of the joined file. */
  static readonly head = magic;

  /** Takes the next file; returns the bytes of its row groups, which must be written next. */
  add(file: Uint8Array): Uint8Array {
    const { footer, pages } = partsOf(file);
    this.#expectSchemaOf(footer);
    this.#rows += integer(footer, fileFields.rows)?.value ?? 0n;
    const shift = BigInt(this.#bytes - magic.length);
    for (const group of list(footer, fileFields.rowGroups)) {
      moveGroup(group, shift);
      this.#groups.push(group);
    }
    this.#bytes += pages.length;
    return pages;
  }

  /** Takes only the schema of a file, for a report without rows. */
  addSchema(file: Uint8Array): void {
    this.#expectSchemaOf(partsOf(file).footer);
  }

  /** The last bytes of the joined file. */
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

  #expectSchemaOf(footer: Struct): void {
    this.#footer ??= footer;
    if (!schemaOf(footer).equals(schemaOf(this.#footer))) {
      throw new RangeError('The engine answered with Parquet files of different schemas.');
    }
  }
}

function schemaOf(footer: Struct): Buffer {
  const schema = footer.fields.get(fileFields.schema);
  return writeStruct({ type: 'struct', fields: new Map(schema === undefined ? [] : [[fileFields.schema, schema]]) });
}

function partsOf(file: Uint8Array): { footer: Struct; pages: Buffer } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const end = bytes.length - 8;
  if (end < 4 || !bytes.subarray(-4).equals(magic) || !bytes.subarray(0, 4).equals(magic)) {
    throw new RangeError('The engine did not answer with Parquet.');
  }
  const start = end - bytes.readUInt32LE(end);
  if (start < magic.length) throw new RangeError('The footer of a Parquet file is longer than the file.');
  const footer = readStruct(bytes.subarray(start, end));
  expectOnly(footer, 'file');
  return { footer, pages: bytes.subarray(4, start) };
}

function expectOnly(struct: Value | undefined, kind: keyof typeof keptFields): asserts struct is Struct {
  if (struct?.type !== 'struct') throw new RangeError(`A Parquet footer has no ${kind} where one must be.`);
  for (const field of struct.fields.keys()) {
    if ((keptFields[kind] as readonly number[]).includes(field)) continue;
    throw new RangeError(`A Parquet footer has field ${field} in a ${kind}, which cannot be moved.`);
  }
}

function moveGroup(group: Value, shift: bigint): void {
  expectOnly(group, 'group');
  // Numbers are 16 bits wide (parquet.thrift, RowGroup.ordinal) and optional.
  group.fields.delete(groupFields.ordinal);
  move(group, groupFields.offset, shift);
  for (const chunk of list(group, groupFields.columns)) {
    expectOnly(chunk, 'chunk');
    move(chunk, chunkFields.offset, shift);
    const meta = chunk.fields.get(chunkFields.meta);
    expectOnly(meta, 'meta');
    for (const field of Object.values(metaFields)) move(meta, field, shift);
  }
}

/** An offset of zero means that there is no such page. */
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
