/**
 * Space kept back on the state's disk, as the file PATH.reserve.
 *
 * On a full disk SQLite can delete rows but cannot write its log back, because that may make the file larger; so no space ever
 * comes back. The reserve is given up at that moment. What it gives is for positions, which are small, and for deleting: no
 * row is added until the disk has room enough to keep the reserve again.
 */
import fs from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import type { Clock, Log } from '../types.ts';
import { isFull, problemOf, StoreProblem } from './problem.ts';

/** What the log may hold while the disk is full, before it is written back, in pages: little, so that the reserve lasts. */
const SCARCE_LOG = 32;
/** How often it is tried to keep the reserve again, in ms. */
const TRY_EVERY = 1_000;
const STEP = 2 ** 20;

export type Reserve = {
  /** True while the disk is full. */
  scarce(): boolean;
  /** The disk has refused for want of space: the reserve is given up. Must not be called within a transaction. */
  release(): void;
  /** Keeps the reserve again as soon as the disk has room for it twice over. Looks once a second at most. */
  tend(): void;
};

type Parts = {
  readonly db: Database.Database;
  readonly bytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly freeBytes: (folder: string) => number;
};

/** Makes the reserve of `bytes`, where it is not there already. Never throws for want of space. */
export function createReserve({ db, bytes, clock, log, freeBytes }: Parts): Reserve {
  const file = reserveOf(db.name);
  const usual = Number(db.pragma('wal_autocheckpoint', { simple: true }));
  let scarce = false;
  let nextTry = -Infinity;

  function enter(now: boolean): void {
    scarce = now;
    nextTry = clock.ticks() + TRY_EVERY;
    db.pragma(`wal_autocheckpoint = ${now ? SCARCE_LOG : usual}`);
  }

  /** Writing the log back makes the file as large as its pages say; half of that would waste what was kept. */
  function writeBack(): void {
    const pages = Number(db.pragma('page_count', { simple: true }));
    const growth = pages * Number(db.pragma('page_size', { simple: true })) - fs.statSync(db.name).size;
    if (growth > bytes) return;
    try {
      db.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      const problem = problemOf(error, 'write back the log of', db.name);
      if (!(problem instanceof StoreProblem)) throw problem;
    }
  }

  function release(): void {
    if (scarce) return;
    fs.rmSync(file, { force: true });
    enter(true);
    writeBack();
    log.error(
      'disk-full',
      `The disk of the spool ${db.name} is full. Positions are still written, from a reserve, and what can be sent is sent; nothing ` +
        'is added to the spool, and the files wait. Free some space there: it goes on by itself.',
    );
  }

  if (!keep(file, bytes)) {
    enter(true);
    log.error(
      'disk-full',
      `The disk of the spool ${db.name} has no room for a reserve: nothing is added to the spool. Free some space there.`,
    );
  }
  return {
    scarce: () => scarce,
    release,
    tend() {
      if (!scarce || clock.ticks() < nextTry) return;
      nextTry = clock.ticks() + TRY_EVERY;
      if (freeBytes(path.dirname(db.name)) < 2 * bytes || !keep(file, bytes)) return;
      enter(false);
      log.info(`The disk of the spool ${db.name} has room again.`);
    },
  };
}

export function reserveOf(file: string): string {
  return `${file}.reserve`;
}

/** Writes zeros, for a hole in a file keeps nothing back. False when the disk has no room; then nothing is left of it. */
function keep(file: string, bytes: number): boolean {
  if (fs.statSync(file, { throwIfNoEntry: false })?.size === bytes) return true;
  let handle: number | undefined;
  try {
    handle = fs.openSync(file, 'w', 0o600);
    const zeros = Buffer.alloc(Math.min(STEP, bytes));
    for (let left = bytes; left > 0; ) left -= fs.writeSync(handle, zeros, 0, Math.min(zeros.length, left));
    return true;
  } catch (error) {
    fs.rmSync(file, { force: true });
    if (!isFull(error)) throw problemOf(error, 'keep a reserve for', file);
    return false;
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}
