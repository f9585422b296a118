/** Opening the SQLite file: its settings, its schema and the ladder from older schemas. */
import fs from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import Database from 'better-sqlite3';
import { checkRows } from './checksum.ts';
import { openBooks } from './ledger.ts';
import { makePrivate } from './place.ts';
import { StoreProblem } from './problem.ts';

/** A trickle of single lines writes little, a flood of large batches writes fast: measured best between 4 and 16 KiB. */
const PAGE_SIZE = 8192;
/** Bytes of pages kept in memory. What is in use all the time is a dozen pages, and a row is read once. */
const CACHE = 2 * 2 ** 20;
/** "tail", as schema.sql writes it into the file's head. */
const APPLICATION_ID = 0x7461696c;
/** How long to wait for a reader from outside, in ms: long enough for a look, too short to be noticed. */
const PATIENCE = 250;
const LOOKS = [
  'SELECT sum(length(head)) FROM generation',
  'SELECT count(previous) FROM generation INDEXED BY generation_previous',
  'SELECT sum(length(clue)) FROM checkpoint',
  'SELECT count(destination) FROM spool INDEXED BY spool_destination',
  'SELECT count(reason) FROM refused',
  'SELECT count(destination) FROM refused INDEXED BY refused_sums',
  'SELECT sum(length(ranges)) FROM lost',
  'SELECT sum(stop) FROM untold',
  'SELECT count(value) FROM machine',
] as const;

/** Step i leads from version i to i + 1. The file's user_version is the number of steps it has taken. */
const LADDER: readonly ((db: Database.Database) => void)[] = [
  './schema.sql',
  './refused.sql',
  './packed.sql',
  './machine.sql',
  './untold.sql',
  './summed.sql',
].map((step) => (db) => db.exec(fs.readFileSync(new URL(step, import.meta.url), 'utf8')));

export type Settings = {
  readonly sync: 'normal' | 'full';
  /** Bytes that the write-ahead log may hold before it is written back, and that it keeps on disk afterwards. */
  readonly walLimit: number;
  /** Read the whole file and throw what SQLite finds wrong with it. Takes about a third of a second a GiB. */
  readonly check: boolean;
};

/**
 * Opens `file`, or begins a new one (mode 0600). Throws StoreProblem `newer` and `foreign`, and SQLite's own errors, of which
 * SQLITE_NOTADB and SQLITE_CORRUPT mean that this file cannot be used.
 */
export function openDatabase(file: string, settings: Settings): Database.Database {
  const db = new Database(file, { timeout: PATIENCE });
  try {
    checkVersion(db);
    // Before anything is written; the log takes over the rights of the file.
    makePrivate(file);
    const begun = isEmpty(db);
    if (begun) layOut(db);
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${settings.sync}`);
    db.pragma(`wal_autocheckpoint = ${Math.ceil(settings.walLimit / PAGE_SIZE)}`);
    db.pragma(`cache_size = -${CACHE / 1024}`);
    db.pragma(`journal_size_limit = ${settings.walLimit}`);
    climb(db);
    if (!begun) checkTables(db);
    touch(db);
    if (settings.check) checkWhole(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Throws StoreProblem when a newer tailship or another program wrote this file. */
export function checkVersion(db: Database.Database): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  const owner = Number(db.pragma('application_id', { simple: true }));
  if (!isEmpty(db) && owner !== APPLICATION_ID) {
    const cure = 'Set [spool] path to a file that no other program uses.';
    throw new StoreProblem(
      'foreign',
      'spool-foreign',
      `${db.name} is the database of another program and was not touched. ${cure}`,
    );
  }
  if (version > LADDER.length) {
    const known = `its schema has version ${version}, this tailship knows ${LADDER.length}`;
    const cure = 'Install the newer tailship again, or set [spool] path to another file.';
    throw new StoreProblem(
      'newer',
      'spool-newer',
      `${db.name} was written by a newer tailship: ${known}. It was not touched. ${cure}`,
    );
  }
}

/** Throws SQLITE_CORRUPT when SQLite finds anything wrong, or a row that waits is not what was written. */
export function checkWhole(db: Database.Database): void {
  const found = String(db.pragma('quick_check(1)', { simple: true }));
  if (found !== 'ok') throw new Database.SqliteError(found, 'SQLITE_CORRUPT');
  checkRows(db);
}

function isEmpty(db: Database.Database): boolean {
  return db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
}

/**
 * Makes all tables in a new file. A kill meanwhile is undone by the journal, as ever; for a power cut there is nothing yet that it could
 * take, so nothing is flushed before the change to the write-ahead log, which flushes the whole file, once instead of eight times.
 */
function layOut(db: Database.Database): void {
  db.pragma('synchronous = OFF');
  // These two can only be chosen before the first page is written.
  db.pragma(`page_size = ${PAGE_SIZE}`);
  db.pragma('auto_vacuum = INCREMENTAL');
  climb(db);
  // The change itself is one page, written at once.
  db.pragma('journal_mode = MEMORY');
  db.pragma('synchronous = FULL');
}

function climb(db: Database.Database): void {
  const step = db.transaction((version: number) => {
    LADDER[version]!(db);
    db.pragma(`user_version = ${version + 1}`);
  });
  for (let v = Number(db.pragma('user_version', { simple: true })); v < LADDER.length; v++) step.exclusive(v);
}

/**
 * Throws SQLITE_CORRUPT where the tables are not those that the steps make. A changed byte in the name of a column is a name like any
 * other to SQLite, and would be found out by a statement in the middle of the work.
 */
function checkTables(db: Database.Database): void {
  const model = new Database(':memory:');
  try {
    climb(model);
    const made = columnsOf(model);
    const ours = new Set(made.map(([table]) => table));
    const found = columnsOf(db).filter(([table]) => ours.has(table));
    if (isDeepStrictEqual(found, made)) return;
  } finally {
    model.close();
  }
  throw new Database.SqliteError('its tables are not those that were laid out', 'SQLITE_CORRUPT');
}

function columnsOf(db: Database.Database): unknown[][] {
  const columns = `SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_schema m, pragma_table_xinfo(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`;
  return db.prepare(columns).raw().all() as unknown[][];
}

/** Reads every table and index once (not the batches' bytes), so that damage is met here, where a new file can be begun. */
function touch(db: Database.Database): void {
  for (const look of LOOKS) db.prepare(look).get();
  if (openBooks(db).length > 0) throw new Database.SqliteError('its books do not close', 'SQLITE_CORRUPT');
}
