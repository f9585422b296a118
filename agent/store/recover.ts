/**
 * What can be saved of a damaged database: its spool rows as far as they can be read, and positions and books from their second
 * copy (or, without that, from the damaged file too). What the books say was in the spool and is not found is counted.
 */
import Database from 'better-sqlite3';
import { isRowWhole, type SummedBody, type SummedHead } from './checksum.ts';
import { openBooks } from './ledger.ts';
import { unpack } from './packing.ts';
import { COPIED, type CopiedRow, type Positions } from './positions.ts';

/** What was saved. `rows`, `lines`: of the spool; `missing`: lines that stood in the spool by the books and are not found. */
export type Recovered = {
  readonly generations: number;
  readonly rows: number;
  readonly lines: number;
  readonly missing: number;
  /** Whether positions came from the copy. */
  readonly copy: boolean;
};

type Cell = string | number | null | Buffer;
type AnyRow = Readonly<Record<string, Cell>>;

/** More rows than this are not looked for one by one between two damaged places. */
const LONGEST_GAP = 1_000_000;

/**
 * Fills the new and empty database `db` with what the damaged file `kept` and the copy `positions` give, in one transaction. `tell` is
 * called with the bytes of every row of the spool that was looked at.
 */
export function recover(
  db: Database.Database,
  kept: string,
  positions: Positions | undefined,
  tell: (bytes: number) => void,
): Recovered {
  const old = openDamaged(kept);
  try {
    const work = db.transaction((): Recovered => {
      for (const table of COPIED) {
        const rows = positions?.[table] ?? (old ? readTable(old, table) : []);
        for (const row of rows) tryInsert(db, table, row);
      }
      if (old) for (const table of ['spool', 'refused'] as const) saveRows(old, db, table, tell);
      const missing = closeBooks(db);
      const count = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
      return {
        generations: count('SELECT count(*) FROM generation'),
        rows: count('SELECT count(*) FROM spool'),
        lines: count('SELECT sum(lines) FROM spool'),
        ...{ missing, copy: positions !== undefined },
      };
    });
    return work.immediate();
  } finally {
    old?.close();
  }
}

/** Undefined where SQLite makes nothing of it at all. */
function openDamaged(file: string): Database.Database | undefined {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    // Nothing is written; but only so does SQLite read a file that is shorter than its head says.
    db.unsafeMode(true);
    db.pragma('writable_schema = ON');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch {
    db?.close();
    return undefined;
  }
}

/** The rows of a small table up to the damaged place, and the next tables all the same. */
function readTable(old: Database.Database, table: string): AnyRow[] {
  const rows: AnyRow[] = [];
  try {
    for (const row of old.prepare<[], AnyRow>(`SELECT * FROM ${table}`).iterate()) rows.push(row);
  } catch {
    // What came before is kept.
  }
  return rows;
}

/** A row that breaks a rule of the schema is left out; of a predecessor that is gone only the mention. */
function tryInsert(db: Database.Database, table: string, row: AnyRow | CopiedRow): boolean {
  const names = Object.keys(row);
  if (!names.every((name) => /^\w+$/.test(name))) return false;
  try {
    db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(
      ...Object.values(row),
    );
    return true;
  } catch (error) {
    const refused = error instanceof Database.SqliteError && /^SQLITE_(CONSTRAINT|MISMATCH|ERROR)/.test(error.code);
    if (!refused) throw error;
    if (table === 'generation' && row.previous != null) return tryInsert(db, table, { ...row, previous: null });
    return false;
  }
}

/** Rows from the front to the first damaged one, from the back to the last, and what lies between one by one. */
function saveRows(
  old: Database.Database,
  db: Database.Database,
  table: 'spool' | 'refused',
  tell: (bytes: number) => void,
): void {
  const save = (row: AnyRow) => {
    if (isWhole(row)) tryInsert(db, table, row);
    tell(Buffer.isBuffer(row.payload) ? row.payload.length : 0);
  };
  let first = 0;
  let last = Number.MAX_SAFE_INTEGER;
  for (const order of ['ASC', 'DESC'] as const) {
    try {
      const rest = old.prepare<[number, number], AnyRow>(`
        SELECT * FROM ${table} NOT INDEXED WHERE row > ? AND row < ? ORDER BY row ${order}`);
      for (const row of rest.iterate(first, last)) {
        if (order === 'ASC') first = Number(row.row);
        else last = Number(row.row);
        save(row);
      }
      if (order === 'ASC') return;
    } catch {
      // The other end, or the single rows, are tried next.
    }
  }
  if (last - first > LONGEST_GAP) return;
  const one = tryPrepare(old, table);
  for (let row = first + 1; one && row < last; row++) {
    try {
      const found = one.get(row);
      if (found) save(found);
    } catch {
      // This one is in the damaged place.
    }
  }
}

function tryPrepare(old: Database.Database, table: string): Database.Statement<[number], AnyRow> | undefined {
  try {
    return old.prepare<[number], AnyRow>(`SELECT * FROM ${table} WHERE row = ?`);
  } catch {
    return undefined;
  }
}

/**
 * Whether a row is what was written, as far as its sums and its own parts can tell: every message ends where `ends` says, and nowhere
 * else.
 */
function isWhole(cells: AnyRow): boolean {
  const { row, lines, bytes, ends, payload: stored, size } = cells;
  if (![row, lines, bytes].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)) return false;
  if (!Buffer.isBuffer(ends) || !Buffer.isBuffer(stored) || ends.length % 4 !== 0) return false;
  if (!isRowWhole(cells as AnyRow & SummedHead & SummedBody)) return false;
  const payload = messagesOf(stored, size);
  if (payload === undefined) return false;
  const numbers = new Uint32Array(new Uint8Array(ends).buffer);
  let at = -1;
  for (const end of numbers) {
    if (payload.indexOf(10, at + 1) !== end) return false;
    at = end;
  }
  return at === payload.length - 1;
}

function messagesOf(stored: Buffer, size: Cell | undefined): Buffer | undefined {
  try {
    return unpack(stored, typeof size === 'number' ? size : null);
  } catch {
    return undefined;
  }
}

/**
 * Rows that are younger than the positions hold lines that are read once more. The books do not know them yet: entered as read, they
 * hide none of the older lines that are missing.
 */
function enterYounger(db: Database.Database): void {
  db.exec(`
    INSERT INTO ledger (destination, input, cause, lines, bytes)
    SELECT destination, input, 'read', sum(lines), sum(bytes) FROM spool WHERE EXISTS (
      SELECT 1 FROM json_each(spool.marks) AS mark
      LEFT JOIN checkpoint ON checkpoint.file = mark.value ->> 0 AND checkpoint.destination = spool.destination
      WHERE mark.value ->> 1 > checkpoint.offset OR mark.value ->> 0 > (SELECT ifnull(max(file), 0) FROM generation))
    GROUP BY destination, input
    ON CONFLICT DO UPDATE SET lines = lines + excluded.lines, bytes = bytes + excluded.bytes`);
}

/** Makes read = acked + filtered + dropped + spool true again. Gives the lines that are missing. */
function closeBooks(db: Database.Database): number {
  enterYounger(db);
  const enter = db.prepare(`
    INSERT INTO ledger (destination, input, cause, lines, bytes) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET lines = lines + excluded.lines, bytes = bytes + excluded.bytes`);
  let missing = 0;
  for (const { destination, input, lines, bytes } of openBooks(db)) {
    // The books are older than the rows where lines or bytes are short: those were read, and stand in the spool.
    enter.run(destination, input, 'read', Math.max(0, -lines), Math.max(0, -bytes));
    enter.run(destination, input, 'dropped:spool-damaged', Math.max(0, lines), Math.max(0, bytes));
    missing += Math.max(0, lines);
  }
  db.exec(`DELETE FROM ledger WHERE lines = 0 AND bytes = 0`);
  return missing;
}
