/** Received messages as rows of a SQLite database, in the layout that rsyslog's ommysql fills. */
import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../types.ts';
import { atEndOfTurn, type Output } from './output.ts';
import { FILLED, rowOf } from './row.ts';

/** ommysql's createDB.sql, in SQLite's words for its key; StructuredData is the one column more. */
const TABLE = `CREATE TABLE IF NOT EXISTS SystemEvents (
  ID integer PRIMARY KEY AUTOINCREMENT, CustomerID bigint, ReceivedAt datetime NULL, DeviceReportedTime datetime NULL,
  Facility smallint NULL, Priority smallint NULL, FromHost varchar(60) NULL, Message text, NTSeverity int NULL,
  Importance int NULL, EventSource varchar(60), EventUser varchar(60) NULL, EventCategory int NULL, EventID int NULL,
  EventBinaryData text NULL, MaxAvailable int NULL, CurrUsage int NULL, MinUsage int NULL, MaxUsage int NULL,
  InfoUnitID int NULL, SysLogTag varchar(60), EventLogType varchar(60), GenericFileName varchar(60), SystemID int NULL,
  StructuredData text NULL
)`;
/** Read and written by its owner alone: it holds log lines. */
const PRIVATE = 0o600;
/** So many rows are committed together; fewer where a turn of the event loop brought fewer. */
const BULK = 500;
/** How long to wait for another who writes to the file, in ms. */
const PATIENCE = 5_000;

/** Says in a sentence why a file cannot take messages, and what to do. */
export class EventsProblem extends Error {}

const CURES: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'it is no SQLite database. Name another file',
  SQLITE_CORRUPT: 'the database is damaged. Name another file',
  SQLITE_READONLY: 'it may not be written. Give this user the right to write it, or name another file',
  SQLITE_CANTOPEN:
    'it cannot be opened. Give this user the right to read and write it and its folder, or name another file',
  SQLITE_FULL: 'the disk is full. Free some space',
  SQLITE_BUSY: 'another program keeps it locked. End that program, or name another file',
};

/** Why SQLite refused, as half a sentence. */
function reasonOf(problem: unknown): string {
  const { code, message } = problem as { code?: string; message: string };
  return CURES[(code ?? '').split('_', 2).join('_')] ?? message;
}

/**
 * Opens `file` to append to it, or makes it (mode 0600; an existing one keeps its rights). Throws an EventsProblem where it is
 * another program's database, or cannot be written.
 */
export function openEvents(file: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    create(file);
    db = new Database(path.resolve(file), { timeout: PATIENCE });
    checkOwner(db, file);
    // In a write-ahead log a commit costs no flush, and readers do not wait. What is committed outlives this process.
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.exec(TABLE);
    // Writes nothing, but fails where writing would.
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return db;
  } catch (problem) {
    db?.close();
    if (problem instanceof EventsProblem) throw problem;
    throw new EventsProblem(`Cannot write to ${file}: ${reasonOf(problem)}.`);
  }
}

/** Makes the file where it is missing: SQLite itself would make it readable by all. Throws the system's errors. */
function create(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'wx', PRIVATE));
  } catch (problem) {
    const { code, message } = problem as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw new EventsProblem(`Cannot write to ${file}: ${message}. Name a file in a folder that you may write to.`);
    if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
      throw new EventsProblem(`Cannot write to ${file}: it is a folder. Name a file in it.`);
    }
  }
}

/** Throws an EventsProblem for a database that is in use and has no table for events, or one without the columns. */
function checkOwner(db: Database.Database, file: string): void {
  if (db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) return;
  const columns = db.prepare("SELECT lower(name) FROM pragma_table_info('SystemEvents')").pluck().all();
  if (columns.length === 0) {
    throw new EventsProblem(
      `${file} is the database of another program: it has no table SystemEvents. Nothing was written to it. Name another file.`,
    );
  }
  const missing = FILLED.filter((name) => !columns.includes(name.toLowerCase()));
  if (missing.length > 0) {
    const cure = `ALTER TABLE SystemEvents ADD COLUMN ${missing[0]}`;
    throw new EventsProblem(
      `${file} has a table SystemEvents without the column ${missing.join(', ')}. Add it (${cure}), or name another file.`,
    );
  }
}

/**
 * Writes each message as a row. Rows of one turn of the event loop are committed together, at most 500 at a time. `failed` is
 * called once when SQLite refuses; what was committed before stays, and what comes after that is thrown away.
 */
export function createEvents(parts: {
  readonly db: Database.Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly failed: (problem: Error) => void;
}): Output {
  const { db, clock } = parts;
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const insert = db.prepare(
    `INSERT INTO SystemEvents (${FILLED.join(', ')}) VALUES (${FILLED.map(() => '?').join(', ')})`,
  );
  let pending = 0;
  let isFailed = false;

  function attempt(work: () => void): void {
    if (isFailed) return;
    try {
      work();
    } catch (problem) {
      isFailed = true;
      // SQLite has ended the transaction by itself after some failures.
      if (db.inTransaction) db.exec('ROLLBACK');
      parts.failed(new Error(reasonOf(problem)));
    }
  }

  function flush(): void {
    if (pending === 0) return;
    pending = 0;
    attempt(() => commit.run());
  }

  const schedule = atEndOfTurn(flush);

  return {
    add(bytes, start, end) {
      attempt(() => {
        if (pending === 0) begin.run();
        pending += 1;
        insert.run(...rowOf(bytes.toString('utf8', start, end), clock.now()));
        schedule();
      });
      if (pending >= BULK) flush();
    },
    written() {
      flush();
      return Promise.resolve(!isFailed);
    },
  };
}
