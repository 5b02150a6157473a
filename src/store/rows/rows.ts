import type { RowsAsk } from './ask.ts';
import { csvQuery } from './formats/csv.ts';
import { linesQuery } from './formats/lines.ts';
import { nativeQuery } from './formats/native.ts';
import { parquetQuery, parquetSchemaQuery } from './formats/parquet.ts';
import type { RowsQuery } from './query.ts';

/** The SQL for what a report asks. `care` has every bit that any row of the snapshot has. */
export function queryFor(ask: RowsAsk, care: number): RowsQuery {
  switch (ask.format) {
    case 'columns':
      return nativeQuery(ask);
    case 'csv':
      return csvQuery(ask, care);
    case 'lines':
      return linesQuery(ask);
    case 'parquet':
      return parquetQuery(ask, care);
    case 'parquet schema':
      return parquetSchemaQuery(ask);
  }
}
