/**
 * CRC-32 sums of the rows that wait, because SQLite has none: a byte that changes on the disk is damage, and is never sent.
 *
 * A row has one for its head and one for its body, because who drops a row reads its head only.
 */
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';

/** A row's small columns. `marks` and `size` stand in rows of the spool, `reason` in refused ones. */
export type Head = {
  readonly destination: string;
  readonly input: string;
  readonly added: number;
  readonly lines: number;
  readonly bytes: number;
  readonly marks?: string;
  readonly size?: number | null;
  readonly reason?: string;
};
/** A row's large columns, as they are stored. */
export type Body = { readonly ends: Buffer; readonly payload: Buffer };
/** The sums are NULL in rows that an older tailship wrote, and not there at all in a file that only an older one has opened. */
export type SummedHead = Head & { readonly head_sum?: number | null };
export type SummedBody = Body & { readonly body_sum?: number | null };

export function headSum({ destination, input, added, lines, bytes, marks, size, reason }: Head): number {
  return crc32(JSON.stringify([destination, input, added, lines, bytes, marks ?? reason, size ?? null]));
}

export function bodySum({ ends, payload }: Body): number {
  return crc32(payload, crc32(ends));
}

const isHeadWhole = (row: SummedHead): boolean => row.head_sum == null || row.head_sum === headSum(row);

/** Whether both parts are what was written, as far as there are sums. */
export const isRowWhole = (row: SummedHead & SummedBody): boolean =>
  isHeadWhole(row) && (row.body_sum == null || row.body_sum === bodySum(row));

/** Throws SQLITE_CORRUPT, as SQLite does for a page of its own. */
export function checkHead(row: SummedHead): void {
  if (!isHeadWhole(row)) throw changed();
}

/** Likewise for both parts. */
export function checkRow(row: SummedHead & SummedBody): void {
  if (!isRowWhole(row)) throw changed();
}

/** Likewise for all rows of a database, each of which is read whole. */
export function checkRows(db: Database.Database): void {
  for (const table of ['spool', 'refused'] as const) {
    if (!hasSums(db, table)) continue;
    for (const row of db.prepare<[], SummedHead & SummedBody>(`SELECT * FROM ${table}`).iterate()) checkRow(row);
  }
}

function hasSums(db: Database.Database, table: string): boolean {
  const column = `SELECT count(*) FROM pragma_table_info(?) WHERE name = 'head_sum'`;
  return db.prepare<[string], number>(column).pluck().get(table) === 1;
}

function changed(): Error {
  return new Database.SqliteError('a row that waits is not what was written', 'SQLITE_CORRUPT');
}
