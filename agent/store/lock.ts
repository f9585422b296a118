/**
 * One process at a time. The lock is a transaction held in `BEGIN EXCLUSIVE` on a second SQLite file, PATH.lock: it dies with
 * its process, however that dies. Who holds it stands in words in PATH.holder, which may be older than the lock's holder
 * only for the moment between the two.
 */
import fs from 'node:fs';
import Database from 'better-sqlite3';
import { createPrivate } from './place.ts';
import { problemOf, StoreProblem } from './problem.ts';

/** Who holds the state. `started`: when it took it, ms since the epoch. */
export type Holder = {
  readonly pid: number;
  readonly started: number;
  readonly command: string;
  /** True once it met a damaged page: the next one checks the whole file. */
  readonly damaged?: boolean;
};

export type Lock = {
  /** What the holder before left behind; undefined when it closed in order. */
  readonly left: Holder | undefined;
  /** Notes for the next holder that the file is damaged. */
  markDamaged(): void;
  release(): void;
};

/** A look from outside holds the lock for a moment too (see isHeld), so the one who wants it waits a little, in ms. */
const PATIENCE = 250;

/** Takes the lock of the state at `path`, or throws StoreProblem `held` with the words of the one who has it. */
export function takeLock(path: string, holder: Holder): Lock {
  const file = `${path}.lock`;
  createPrivate(file);
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: PATIENCE });
    // A journal on disk would be left behind by a process that is killed.
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    throw busy ? heldBy(path, readHolder(path)) : problemOf(error, 'lock', file);
  }
  const held = db;
  const left = readHolder(path);
  let damaged = false;
  writeHolder(path, holder);
  return {
    left,
    markDamaged() {
      if (!damaged) writeHolder(path, { ...holder, damaged: true });
      damaged = true;
    },
    release() {
      if (!damaged) fs.rmSync(`${path}.holder`, { force: true });
      held.close();
    },
  };
}

/** Whether a process holds the state at `path` now. Looks without waiting, and makes no file. */
export function isHeld(path: string): boolean {
  const file = `${path}.lock`;
  if (!fs.existsSync(file)) return false;
  const db = new Database(file, { readonly: true, timeout: 0 });
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return true;
    throw error;
  } finally {
    db.close();
  }
}

/** The words of the process that holds, or last held, the state at `path`; undefined where there are none to read. */
export function readHolder(path: string): Holder | undefined {
  try {
    const { pid, started, command, damaged } = JSON.parse(fs.readFileSync(`${path}.holder`, 'utf8'));
    if (typeof pid !== 'number' || typeof started !== 'number' || typeof command !== 'string') return undefined;
    return { pid, started, command, damaged: damaged === true };
  } catch {
    return undefined;
  }
}

/** Written beside and renamed, so that a reader never sees half of it. The lock holds without it: a failure is no fault. */
function writeHolder(path: string, holder: Holder): void {
  try {
    fs.writeFileSync(`${path}.holder.new`, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    fs.renameSync(`${path}.holder.new`, `${path}.holder`);
  } catch {
    fs.rmSync(`${path}.holder.new`, { force: true });
  }
}

function heldBy(path: string, holder: Holder | undefined): StoreProblem {
  const who = holder
    ? `process ${holder.pid} (${holder.command}), which began at ${new Date(holder.started).toISOString()}`
    : 'another process';
  const cure = `Stop that one (kill ${holder?.pid ?? 'PID'}), or give this one a [spool] path of its own.`;
  return new StoreProblem('held', 'spool-held', `The spool ${path} is in use by ${who}. Two cannot share it. ${cure}`);
}
