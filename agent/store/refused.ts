/**
 * What a server refused for good: out of the queue, so that it holds nobody up, and kept until somebody sends it again or drops
 * it. In the books it counts as standing in the spool.
 */
import type Database from 'better-sqlite3';
import type { Batch, Count, Refused } from '../types.ts';
import { bodySum, checkRow, headSum, type SummedBody, type SummedHead } from './checksum.ts';
import { MATCHING, type Matched, type Removed, type SpoolFilter, valuesOf } from './rows.ts';

export type RefusedRows = {
  insert(place: Place, refused: Refused, share: Count, now: number): void;
  sum(destination: string, input: string): Count;
  of(destination: string): Matched;
  /** Takes out what `filter` takes in, one row at a time, oldest first. Throws SQLITE_CORRUPT where one is not what was written. */
  take(filter: SpoolFilter): Generator<TakenRow>;
};

type Place = { readonly destination: string; readonly input: string };
/** A row that has left the table: now it is `again`, as it was on the wire. */
export type TakenRow = Removed & { readonly ends: Buffer; readonly payload: Buffer };

const SUM = 'count(*) AS rows, ifnull(sum(lines), 0) AS lines, ifnull(sum(bytes), 0) AS bytes';

export function createRefused(db: Database.Database): RefusedRows {
  const insert = db.prepare(`
    INSERT INTO refused (destination, input, added, reason, lines, bytes, ends, payload, head_sum, body_sum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const sum = db.prepare<[string, string], Matched>(`SELECT ${SUM} FROM refused WHERE destination = ? AND input = ?`);
  const of = db.prepare<[string], Matched>(`SELECT ${SUM} FROM refused WHERE destination = ?`);
  const oldest = db
    .prepare<unknown[], number>(`SELECT row FROM refused WHERE ${MATCHING} ORDER BY row LIMIT 1`)
    .pluck();
  const remove = db.prepare<[number], SummedHead & SummedBody>('DELETE FROM refused WHERE row = ? RETURNING *');

  return {
    insert({ destination, input }, { payload, ends, reason }, { lines, bytes }, now) {
      const index = Buffer.from(ends.buffer, ends.byteOffset, ends.byteLength);
      const head = headSum({ destination, input, added: now, lines, bytes, reason });
      const body = bodySum({ ends: index, payload });
      insert.run(destination, input, now, reason, lines, bytes, index, payload, head, body);
    },
    sum: (destination, input) => {
      const { lines, bytes } = sum.get(destination, input)!;
      return { lines, bytes };
    },
    of: (destination) => of.get(destination)!,
    *take(filter) {
      const values = valuesOf(filter);
      for (let row = oldest.get(values); row !== undefined; row = oldest.get(values)) {
        const found = remove.get(row)!;
        checkRow(found);
        yield { ...found, again: true };
      }
    },
  };
}

/** False for a state of an older tailship that no agent has opened since. */
export function hasRefused(db: Database.Database): boolean {
  return db.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = 'refused'`).pluck().get() === 1;
}

/** What was refused for good, by destination and input, with the time of the oldest row. */
export function readRefused(db: Database.Database): readonly RefusedSum[] {
  if (!hasRefused(db)) return [];
  return db
    .prepare<[], RefusedSum>(
      `SELECT destination, input, ${SUM}, min(added) AS oldest FROM refused GROUP BY destination, input`,
    )
    .all();
}
type RefusedSum = Place & Matched & { readonly oldest: number };

/**
 * How much of a batch's source lines and bytes is in the messages that were refused. A message is mostly one line, so that is what
 * it counts as; of the bytes it is the messages' part of all messages.
 */
export function shareOf({ payload, ends }: Refused, batch: Batch, whole: Count): Count {
  const bytes = Math.round((whole.bytes * payload.length) / Math.max(1, batch.payload.length));
  return { lines: Math.min(whole.lines, ends.length), bytes: Math.min(whole.bytes, bytes) };
}
