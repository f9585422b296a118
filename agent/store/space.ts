/**
 * How much of the disk the state takes: the database and its write-ahead log together stay below `limit`.
 *
 * The log first takes every byte that is written, so each transaction must find room in both. Freed pages are used again
 * before the file grows. They go back to the file system once the spool is empty, in steps short enough to go unnoticed.
 */
import fs from 'node:fs';
import type Database from 'better-sqlite3';
import type { Clock, Log } from '../types.ts';
import { problemOf, StoreProblem } from './problem.ts';

/** Bytes of the file given back in one step: about 7 ms on a common disk. */
const STEP = 8 * 2 ** 20;
/** Pause between two steps, in ms. */
const PAUSE = 5;
/** How long an orderly stop may give back space, in ms. What is left then is given back after the next start. */
const FINISH_WITHIN = 1_000;
/** Pages that a transaction without rows writes at most: positions, the books, and what deleting a row touches. */
const SMALL = 16;
/** What SQLite adds to a page in the log. */
const FRAME_HEADER = 24;
/** Pages that the log takes at most for one that is moved in the file: itself, what points to it, and both of their notes. */
const MOVED = 4;
/** A row's small columns and its place in the index, in bytes, rounded up. */
const ROW_EXTRA = 1024;

export type Space = {
  /** Pages that a row with so many bytes of payload and ends takes at most. */
  pages(bytes: number): number;
  /** Whether `pages` more fit below the limit now, when this transaction wrote `written` pages before them. */
  fits(pages: number, written?: number): boolean;
  /** Whether `pages` would fit once the free pages, which are on disk too, were given back. */
  couldFit(pages: number): boolean;
  /** Whether a row of `pages` could fit into an empty spool. */
  canEverFit(pages: number): boolean;
  /** Makes the log smaller where it is larger than it has to be. */
  emptyLog(): void;
  /**
   * Makes the file smaller until `pages` fit, or nothing in it is free. It goes in steps, because a page that is moved goes
   * through the log, and the limit holds meanwhile.
   */
  tighten(pages: number): void;
  /** Begins to give all free pages back, as long as `wanted` holds. */
  giveBack(wanted: () => boolean): void;
  /** Ends the steps and, if `wanted`, gives back what can be given within a second. */
  finish(wanted: boolean): void;
  /** Bytes on disk now: the database, how much of it is free inside, and the log. */
  status(): { readonly file: number; readonly free: number; readonly log: number };
};

/** `walLimit`: what the log may hold before it is written back to the file, in bytes. */
export function createSpace(db: Database.Database, limit: number, walLimit: number, clock: Clock, log: Log): Space {
  const pageCount = db.prepare<[], number>('PRAGMA page_count').pluck();
  const freePages = db.prepare<[], number>('PRAGMA freelist_count').pluck();
  const pageSize = Number(db.pragma('page_size', { simple: true }));
  const frame = pageSize + FRAME_HEADER;
  let cancel: (() => void) | undefined;

  const logSize = () => fs.statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  /** The largest that the log can become by a transaction of so many pages. */
  const logAfter = (pages: number) => Math.max(logSize(), walLimit + (pages + SMALL) * frame);
  const usedAfter = (pages: number) => pageCount.get()! - freePages.get()! + pages;
  const fits = (pages: number, written = 0) =>
    Math.max(pageCount.get()!, usedAfter(pages)) * pageSize + logAfter(written + pages) <= limit;

  /** Gives back free pages from the file's end. False when nothing is left to give. */
  function shrink(bytes: number): boolean {
    const before = freePages.get()!;
    if (before > 0) {
      db.exec(`PRAGMA incremental_vacuum(${Math.ceil(bytes / pageSize)})`);
      // Unlike the other kinds this one waits for nobody. It cuts the file.
      db.pragma('wal_checkpoint(PASSIVE)');
    }
    const left = freePages.get()!;
    if (left === 0 || left === before) db.pragma('wal_checkpoint(TRUNCATE)');
    return left > 0 && left < before;
  }

  /** Space not given back today is given back another day: a disk that refuses is no reason to stop. */
  function tryShrink(bytes: number): boolean {
    try {
      return shrink(bytes);
    } catch (error) {
      const problem = problemOf(error, 'give back the free space of', db.name);
      if (!(problem instanceof StoreProblem)) throw problem;
      log.warn(problem.explain, problem.message);
      return false;
    }
  }

  return {
    fits,
    couldFit: (pages) => usedAfter(pages) * pageSize + logAfter(pages) <= limit,
    pages: (bytes) => Math.ceil((bytes + ROW_EXTRA) / (pageSize - 4)) + 1,
    canEverFit: (pages) => pages * pageSize + walLimit + (pages + SMALL) * frame <= limit,
    emptyLog() {
      if (logSize() > walLimit) db.pragma('wal_checkpoint(TRUNCATE)');
    },
    tighten(pages) {
      for (let free = freePages.get()!, before = Infinity; free > 0 && free < before && !fits(pages); ) {
        const room = Math.floor((limit - pageCount.get()! * pageSize) / MOVED / frame) * pageSize;
        tryShrink(Math.max(pageSize, room));
        db.pragma('wal_checkpoint(TRUNCATE)');
        before = free;
        free = freePages.get()!;
      }
    },
    giveBack(wanted) {
      const step = () => {
        cancel = wanted() && tryShrink(STEP) ? clock.after(PAUSE, step) : undefined;
      };
      cancel ??= clock.after(PAUSE, step);
    },
    finish(wanted) {
      cancel?.();
      cancel = undefined;
      const end = clock.ticks() + FINISH_WITHIN;
      while (wanted && tryShrink(STEP) && clock.ticks() < end);
    },
    status: () => ({ file: pageCount.get()! * pageSize, free: freePages.get()! * pageSize, log: logSize() }),
  };
}
