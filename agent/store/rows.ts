/**
 * The spool's rows: one batch each, oldest first, and their sums kept in memory so that nobody scans the table.
 *
 * A row that `read` gave out is under way until it is removed or comes back. It is still counted as spooled.
 */
import type Database from 'better-sqlite3';
import type { Batch, Count, Sent } from '../types.ts';
import { type Body, bodySum, checkHead, checkRow, headSum, type SummedBody, type SummedHead } from './checksum.ts';
import { type Packed, unpack } from './packing.ts';
import { readSums, type Spooled, type Sum, spooledFrom } from './spooled.ts';
import type { Transactions } from './transactions.ts';
import type { Stretch, Untold } from './untold.ts';

/**
 * Which rows are meant: those of some destinations, of one input, written before a time (ms since the epoch). Nothing named: all
 * that wait; with `refused` instead those that a server refused for good.
 */
export type SpoolFilter = {
  readonly refused?: boolean | undefined;
  readonly destinations?: readonly string[] | undefined;
  readonly input?: string | undefined;
  readonly before?: number | undefined;
};
/** Rows, and the source lines and bytes in them. */
export type Matched = Count & { readonly rows: number };

/** The condition of a SpoolFilter, for a statement that is given `valuesOf` it. */
export const MATCHING = `
  (:destinations IS NULL OR destination IN (SELECT value FROM json_each(:destinations)))
  AND (:input IS NULL OR input = :input) AND (:before IS NULL OR added < :before)`;

/** A row that has left the spool. */
export type Removed = Count & { readonly destination: string; readonly input: string; readonly again: boolean };

/** Why rows are dropped. */
type DropCause = 'spool-full' | 'spool-age' | 'by-hand';

export type Rows = {
  /** `packed`: the batch's payload as it is to be stored. `stretches`: which bytes of which files it stands for. */
  insert(destination: string, sent: Sent, packed: Packed, stretches: readonly Stretch[], now: number): void;
  /** Puts what was refused at the end of the queue once more. */
  putBack(taken: Removed & { readonly ends: Buffer; readonly payload: Buffer }, now: number): void;
  /**
   * The next row behind `afterRow`; its batch has no marks, for its checkpoint has moved already. Throws SQLITE_CORRUPT where it is not
   * what was written, as those do that drop rows.
   */
  read(destination: string, afterRow: number): Sent | undefined;
  /** The newest row's number, 0 when there is none. */
  newest(destination: string): number;
  /** Deletes a row. Undefined when it is not there, as after it was dropped while it was under way. */
  remove(destination: string, row: number): Removed | undefined;
  /** Drops the oldest row of all destinations, one that is not under way before any that is. What it stood for is to be told. */
  removeOldest(): Removed | undefined;
  /** Drops the oldest row that is not under way if it was written before `before`, ms since the epoch. */
  removeExpired(before: number): Removed | undefined;
  /** Drops all rows that `filter` takes in, those under way too. */
  removeMatching(filter: SpoolFilter): Removed[];
  /** Notes that a row was on the wire and came back. */
  cameBack(destination: string, row: number): void;
  spooled(destination: string): Spooled;
  sum(destination: string, input: string): Count;
  empty(): boolean;
};

/** A row's small columns, which are what its first sum guards. */
const HEAD = 'row, destination, input, added, again, lines, bytes, marks, size, head_sum';

type Place = { readonly destination: string; readonly input: string };
type OldRow = { readonly row: number; readonly destination: string; readonly added: number };
type RemovedRow = Place & Count & { readonly row: number; readonly again: number };
type StoredHead = SummedHead & { readonly marks: string; readonly size: number | null };
/** The large columns only of a row that does not say for which bytes of which files it stands. */
type DroppedRow = RemovedRow &
  StoredHead &
  Omit<SummedBody, keyof Body> & { readonly ends: Buffer | null; readonly payload: Buffer | null };
type StoredRow = StoredHead & SummedBody & { readonly row: number; readonly again: number };

export function createRows(db: Database.Database, tx: Transactions, untold: Untold): Rows {
  const insert = db.prepare(`
    INSERT INTO spool (destination, input, added, again, lines, bytes, marks, ends, payload, size, head_sum, body_sum)
    VALUES (:destination, :input, :added, :again, :lines, :bytes, :marks, :ends, :payload, :size, :headSum, :bodySum)`);
  const next = db.prepare<[string, number], StoredRow>(`
    SELECT ${HEAD}, body_sum, ends, payload FROM spool WHERE destination = ? AND row > ? ORDER BY row LIMIT 1`);
  const newest = db.prepare<[string], number | null>('SELECT max(row) FROM spool WHERE destination = ?').pluck();
  const remove = db.prepare<[number, string], RemovedRow>(`
    DELETE FROM spool WHERE row = ? AND destination = ? RETURNING row, destination, input, again, lines, bytes`);
  const dropped = `RETURNING ${HEAD}, body_sum,
    CASE marks WHEN '[]' THEN ends END AS ends, CASE marks WHEN '[]' THEN payload END AS payload`;
  const drop = db.prepare<[number], DroppedRow>(`DELETE FROM spool WHERE row = ? ${dropped}`);
  const dropAll = db.prepare<unknown[], DroppedRow>(`DELETE FROM spool WHERE ${MATCHING} ${dropped}`);
  const inOrder = db.prepare<[], OldRow>('SELECT row, destination, added FROM spool ORDER BY row');
  const cameBack = db.prepare('UPDATE spool SET again = 1 WHERE row = ? AND destination = ?');
  const sums = readSums(db);
  const underway = new Map<string, Set<number>>();

  function sumOf({ destination, input }: Place): Sum {
    const inputs = sums.get(destination) ?? new Map<string, Sum>();
    const sum = inputs.get(input) ?? { rows: 0, lines: 0, bytes: 0 };
    sums.set(destination, inputs.set(input, sum));
    return sum;
  }

  function add(row: Omit<StoredHead, 'head_sum'> & Body & { readonly again: boolean }): void {
    insert.run({ ...row, again: row.again ? 1 : 0, headSum: headSum(row), bodySum: bodySum(row) });
    taken(row, 1, row);
  }

  function taken(place: Place, rows: number, { lines, bytes }: Count): void {
    tx.committed(() => {
      const sum = sumOf(place);
      sum.rows += rows;
      sum.lines += rows * lines;
      sum.bytes += rows * bytes;
    });
  }

  function removeRow(destination: string, row: number): Removed | undefined {
    tx.committed(() => underway.get(destination)?.delete(row));
    const found = remove.get(row, destination);
    return found && left(found);
  }

  function leftDropped(found: DroppedRow, cause: DropCause): Removed {
    const { destination, marks, ends, payload, size } = found;
    tx.committed(() => underway.get(destination)?.delete(found.row));
    if (ends && payload) {
      checkRow({ ...found, ends, payload });
      untold.noteMessages(destination, cause, unpack(payload, size), numbersOf(ends));
    } else {
      checkHead(found);
      untold.noteStretches(destination, cause, JSON.parse(marks));
    }
    return left(found);
  }

  function left(found: RemovedRow): Removed {
    taken(found, -1, found);
    return { ...found, again: found.again === 1 };
  }

  /** The oldest row that is not under way, and the oldest of all. */
  function oldestRows(): { readonly waiting: OldRow | undefined; readonly first: OldRow | undefined } {
    let first: OldRow | undefined;
    for (const one of inOrder.iterate()) {
      first ??= one;
      if (!underway.get(one.destination)?.has(one.row)) return { waiting: one, first };
    }
    return { waiting: undefined, first };
  }

  function isEmpty(destination: string): boolean {
    const inputs = sums.get(destination);
    if (inputs) for (const { rows } of inputs.values()) if (rows > 0) return false;
    return true;
  }

  return {
    insert(destination, { batch, again }, { payload, size }, stretches, now) {
      const { input, tally } = batch;
      const ends = Buffer.from(batch.ends.buffer, batch.ends.byteOffset, batch.ends.byteLength);
      const { lines, bytes } = tally.sent;
      const marks = JSON.stringify(stretches);
      add({ destination, input, added: now, again, lines, bytes, marks, ends, payload, size });
    },
    putBack({ destination, input, again, lines, bytes, ends, payload }, now) {
      add({ destination, input, added: now, again, lines, bytes, marks: '[]', ends, payload, size: null });
    },
    read(destination, afterRow) {
      const found = next.get(destination, afterRow);
      if (!found) return undefined;
      checkRow(found);
      underway.set(destination, (underway.get(destination) ?? new Set<number>()).add(found.row));
      return { batch: rebuild(found), row: found.row, again: found.again === 1 };
    },
    // Asked before every step, and most of the time there is nothing.
    newest: (destination) => (isEmpty(destination) ? 0 : (newest.get(destination) ?? 0)),
    remove: removeRow,
    removeOldest() {
      const { waiting, first } = oldestRows();
      const found = waiting ?? first;
      return found && leftDropped(drop.get(found.row)!, 'spool-full');
    },
    removeExpired(before) {
      const { waiting } = oldestRows();
      return waiting && waiting.added < before ? leftDropped(drop.get(waiting.row)!, 'spool-age') : undefined;
    },
    removeMatching: (filter) => dropAll.all(valuesOf(filter)).map((found) => leftDropped(found, 'by-hand')),
    cameBack(destination, row) {
      cameBack.run(row, destination);
      tx.committed(() => underway.get(destination)?.delete(row));
    },
    spooled: (destination) => spooledFrom(db, sums, destination),
    sum: (destination, input) => {
      const { lines, bytes } = sumOf({ destination, input });
      return { lines, bytes };
    },
    empty: () => [...sums.keys()].every(isEmpty),
  };
}

/** The sum of some rows. */
export function matchedOf(rows: readonly Count[]): Matched {
  const total = (unit: 'lines' | 'bytes') => rows.reduce((sum, one) => sum + one[unit], 0);
  return { rows: rows.length, lines: total('lines'), bytes: total('bytes') };
}

/** What MATCHING takes. */
export function valuesOf({ destinations, input, before }: SpoolFilter): Record<string, string | number | null> {
  return {
    destinations: destinations ? JSON.stringify(destinations) : null,
    input: input ?? null,
    before: before ?? null,
  };
}

/** Copied to memory of their own, because four-byte numbers must begin at a multiple of four. */
export function numbersOf(ends: Buffer): Uint32Array {
  const numbers = new Uint32Array(ends.byteLength / 4);
  new Uint8Array(numbers.buffer).set(ends);
  return numbers;
}

/** The batch of a row. */
function rebuild({ input, lines, bytes, ends, ...stored }: StoredRow): Batch {
  const numbers = numbersOf(ends);
  const none = { lines: 0, bytes: 0 };
  const payload = unpack(stored.payload, stored.size);
  return { input, payload, ends: numbers, marks: [], tally: { sent: { lines, bytes }, filtered: none, dropped: none } };
}
