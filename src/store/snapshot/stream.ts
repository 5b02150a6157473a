import { type Access, fromActivity } from '../access/access.ts';
import { orderFor } from '../access/choice.ts';
import type { Chunk, Engine } from '../engine/engine.ts';
import type { RowsQuery } from '../rows/query.ts';
import { type DayRows, dayPieces, inPiece, monthPieces, type Piece } from './pieces.ts';

/** The rows of a snapshot: how to reach them, how many there are, and how many of each day. */
export type StreamRows = {
  readonly access: Access;
  readonly rows: number;
  readonly days: () => Promise<readonly DayRows[]>;
  /** How many rows are sorted at once. */
  readonly atOnce: number;
};

/** A sort that needs more memory goes on on disk. */
const sortSettings = { optimize_read_in_order: 0, max_bytes_before_external_sort: 256 * 2 ** 20 };

/** The rows, oldest first, equal times by activity id. */
export async function* streamOf(
  engine: Engine,
  rows: StreamRows,
  query: RowsQuery,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const { access, atOnce } = rows;
  const isFew = rows.rows <= atOnce;
  const sizes = isFew ? {} : await access.sizes();
  const order = orderFor(access.table, rows.rows, access.condition.narrowing, sizes, atOnce);
  const inOrder = order.read === 'in order';
  for (const piece of isFew ? [null] : await piecesOf(rows, inOrder)) {
    const { sql, settings } = inOrder ? orderedRows(access, query, piece) : sortedRows(access, query, piece);
    const asked = {
      sql: `SELECT ${query.select} FROM (${sql})`,
      bindings: { ...access.condition.bindings, ...query.parameters, ...piece },
      format: query.format,
      settings: { ...query.settings, ...settings },
    };
    yield* engine.stream(asked, signal);
  }
}

type Rows = { readonly sql: string; readonly settings: RowsQuery['settings'] };

/** From the table that is in the order of the report. */
function orderedRows({ condition }: Access, query: RowsQuery, piece: Piece | null): Rows {
  const also = alsoOf(query.where, piece);
  return {
    sql: `SELECT * FROM trailport.activity WHERE ${condition.sql}${also} ORDER BY tenant, source, time, activity_id`,
    settings: {},
  };
}

/** From a copy. Original records are in `activity` only, where the rows are then found again by their times. */
function sortedRows(access: Access, query: RowsQuery, piece: Piece | null): Rows {
  if (!query.raw) {
    const also = alsoOf(query.where, piece);
    return { sql: `SELECT * FROM ${access.from}${also} ORDER BY time, activity_id`, settings: sortSettings };
  }
  const inCopy = [query.whereLean, piece === null ? null : inPiece].filter((term) => term !== null);
  const from = fromActivity(access, inCopy.length === 0 ? null : inCopy.join(' AND '));
  return {
    sql: `SELECT * FROM ${from}${alsoOf(query.where, piece)} ORDER BY tenant, source, time, activity_id`,
    settings: {},
  };
}

function alsoOf(where: string | null, piece: Piece | null): string {
  return `${where === null ? '' : ` AND (${where})`}${piece === null ? '' : ` AND ${inPiece}`}`;
}

async function piecesOf({ days, atOnce }: StreamRows, inOrder: boolean): Promise<Piece[]> {
  return inOrder ? monthPieces(await days()) : dayPieces(await days(), atOnce);
}
