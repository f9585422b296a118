/** The spool's rows seen from outside, beside an agent or without one: no lock is taken and no row is marked as under way. */
import Database from 'better-sqlite3';
import { checkVersion } from './database.ts';
import { unpack } from './packing.ts';
import { isThere } from './place.ts';
import { problemOf } from './problem.ts';
import { hasRefused } from './refused.ts';
import { MATCHING, type Matched, type SpoolFilter, valuesOf } from './rows.ts';

/** A state of an older tailship has no `size`. */
type StoredRow = { readonly row: number; readonly payload: Buffer; readonly size?: number | null };

/** How many rows, source lines and source bytes `filter` takes in. Throws StoreProblem. */
export function countSpool(path: string, filter: SpoolFilter): Matched {
  const found = withTable(path, filter, (db) =>
    db
      .prepare<unknown[], Matched>(`
        SELECT count(*) AS rows, ifnull(sum(lines), 0) AS lines, ifnull(sum(bytes), 0) AS bytes
        FROM ${tableOf(filter)} WHERE ${MATCHING}`)
      .get(valuesOf(filter)),
  );
  return found ?? { rows: 0, lines: 0, bytes: 0 };
}

/**
 * The messages of the rows that `filter` takes in, oldest row first, a row's at a time, each message followed by one LF. What an
 * agent adds meanwhile is not among them, and what it has delivered meanwhile is passed over. A row is a read of its own, so
 * that a slow reader does not keep the agent from writing its log back. Throws StoreProblem.
 */
export function* readSpool(path: string, filter: SpoolFilter): Generator<Buffer> {
  const table = tableOf(filter);
  const last = withTable(path, filter, (db) =>
    db.prepare<[], number | null>(`SELECT max(row) FROM ${table}`).pluck().get(),
  );
  let db: Database.Database | undefined;
  try {
    if (last === undefined || last === null) return;
    db = openToRead(path);
    const next = db.prepare<unknown[], StoredRow>(`
      SELECT * FROM ${table} WHERE row > :after AND row <= :last AND ${MATCHING} ORDER BY row LIMIT 1`);
    const values = valuesOf(filter);
    for (let after = 0; ; ) {
      const found = next.get({ ...values, after, last });
      if (!found) return;
      yield unpack(found.payload, found.size);
      after = found.row;
    }
  } catch (error) {
    throw problemOf(error, 'read', path);
  } finally {
    db?.close();
  }
}

const tableOf = ({ refused }: SpoolFilter) => (refused ? 'refused' : 'spool');

/** Undefined where there is no file, or none yet that knows of refusals. */
function withTable<T>(path: string, filter: SpoolFilter, look: (db: Database.Database) => T): T | undefined {
  let db: Database.Database | undefined;
  try {
    if (!isThere(path)) return undefined;
    db = openToRead(path);
    return filter.refused && !hasRefused(db) ? undefined : look(db);
  } catch (error) {
    throw problemOf(error, 'read', path);
  } finally {
    db?.close();
  }
}

function openToRead(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 1000 });
  try {
    checkVersion(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
