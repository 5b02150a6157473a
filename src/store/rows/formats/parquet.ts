import { careBits } from '../../rules/care.ts';
import type { AskedColumn, RowsAsk } from '../ask.ts';
import { storedColumn } from '../columns.ts';
import { type RowsQuery, readInOrder, zoneParameter } from '../query.ts';
import { isoWallTime } from '../time.ts';

const settings = {
  output_format_parquet_compression_method: 'zstd',
  // Both hold offsets of their own, which would have to move; what they save is not worth it for a file of one question.
  output_format_parquet_write_page_index: 0,
  output_format_parquet_write_bloom_filter: 0,
  // A block becomes a row group: 65,536 rows measured as fast as a million, at a tenth of the memory.
  // Blocks follow how rows lie in parts, so equal rows are not equal bytes; two ways to cut groups by rows alone
  // (joins that cut and squash, a query for each range of keys) measured 35 and 10 to 17 % slower.
  max_block_size: 65_536,
};

/** Rows without originals or other long texts. */
const narrow = { ...settings, preferred_block_size_bytes: 64 * 2 ** 20 };

/**
 * Rows that may be megabytes wide: 60 originals of 10 MB took 1.5 GB with the settings for narrow rows, 0.5 GB with
 * these. Ordinary originals are written as fast with both.
 */
const wide = { ...settings, ...readInOrder, preferred_block_size_bytes: 8 * 2 ** 20 };

/** `care` has every bit that any row of the snapshot has. */
export function parquetQuery(ask: Extract<RowsAsk, { readonly format: 'parquet' }>, care: number): RowsQuery {
  const { columns, timeZone } = ask;
  return {
    select: columns.map((name) => `${selected(name)} AS ${name}`).join(', '),
    format: 'Parquet',
    settings: columns.includes('raw') || (care & (1 << careBits.long)) !== 0 ? wide : narrow,
    where: null,
    whereLean: null,
    raw: columns.includes('raw'),
    parameters: zoneParameter(timeZone),
  };
}

/** The engine answers nothing at all without rows; an aggregate over none is one row of the same types. */
export function parquetSchemaQuery({
  columns,
  timeZone,
}: Extract<RowsAsk, { readonly format: 'parquet schema' }>): RowsQuery {
  return {
    select: columns.map((name) => `any(${selected(name)}) AS ${name}`).join(', '),
    format: 'Parquet',
    // `any(time) AS time`: the alias must not take the column's place where the selection is sought.
    settings: { ...settings, prefer_column_name_to_alias: 1 },
    where: null,
    whereLean: null,
    raw: columns.includes('raw'),
    parameters: zoneParameter(timeZone),
  };
}

function selected(name: AskedColumn): string {
  return name === 'localTime' ? isoWallTime : storedColumn(name);
}
