/** What stands in the spool, summed up. */
import type Database from 'better-sqlite3';

/** What stands in the spool for one destination. `lines` and `bytes` are source lines and their bytes. */
export type Spooled = {
  readonly rows: number;
  readonly lines: number;
  readonly bytes: number;
  /** When the oldest row was written, ms since the epoch; undefined when there is none. */
  readonly oldest: number | undefined;
};

/** By destination and input. */
export type Sums = Map<string, Map<string, Sum>>;
export type Sum = { rows: number; lines: number; bytes: number };

/** Rows, lines and bytes in the spool by destination and input. Reads the whole table, though not the batches' bytes. */
export function readSums(db: Database.Database): Sums {
  const sums: Sums = new Map();
  const all = db.prepare<[], Sum & { destination: string; input: string }>(`
    SELECT destination, input, count(*) AS rows, sum(lines) AS lines, sum(bytes) AS bytes
    FROM spool GROUP BY destination, input`);
  for (const { destination, input, ...sum } of all.iterate()) {
    const inputs = sums.get(destination) ?? new Map<string, Sum>();
    sums.set(destination, inputs.set(input, sum));
  }
  return sums;
}

/** What stands in the spool for one destination, from the sums and a look at its oldest row. */
export function spooledFrom(db: Database.Database, sums: Sums, destination: string): Spooled {
  const all = [...(sums.get(destination)?.values() ?? [])];
  const total = (unit: keyof Sum) => all.reduce((sum, one) => sum + one[unit], 0);
  const oldest = db
    .prepare<[string], number>('SELECT added FROM spool WHERE destination = ? ORDER BY row LIMIT 1')
    .pluck()
    .get(destination);
  return { rows: total('rows'), lines: total('lines'), bytes: total('bytes'), oldest };
}
