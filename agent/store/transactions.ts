/**
 * One way into the database for everything that writes.
 *
 * `run` opens a transaction, or joins the one that is open as a savepoint. So each writing verb of the store is its own twin:
 * called alone it commits by itself, called inside `store.transaction(work)` it is part of that. What a verb keeps in
 * memory changes only through `committed`, so that memory never runs ahead of the disk.
 */
import type Database from 'better-sqlite3';
import { isDamage, isFull, problemOf } from './problem.ts';

export type Transactions = {
  /**
   * Runs `work` and commits, or rolls back everything it wrote and throws: a StoreProblem where the disk or the file is at
   * fault. `doing`: what is tried, as in "Cannot DOING FILE".
   */
  run<T>(doing: string, work: () => T): T;
  /**
   * As `run`, for work that writes with one statement: that is all or nothing by itself. Inside a transaction it goes without a
   * savepoint, for which SQLite would copy every page that the statement touches, into a file.
   */
  write<T>(doing: string, work: () => T): T;
  /** Runs `look`, which only reads, with the same problems. */
  look<T>(doing: string, look: () => T): T;
  /** Whether a transaction is open. */
  open(): boolean;
  /** Calls `effect` when the outermost transaction has been committed, and never when it (or this part of it) was not. */
  committed(effect: () => void): void;
};

/** Counts the rows that were inserted, changed or deleted through this connection. */
export function changesOf(db: Database.Database): () => number {
  const count = db.prepare<[], number>('SELECT total_changes()').pluck();
  return () => count.get()!;
}

/** `damaged` and `full` are told when the file or the disk is met like that, outside of any transaction. */
export function createTransactions(db: Database.Database, damaged: () => void, full: () => void): Transactions {
  let effects: (() => void)[] = [];
  const begin = db.transaction((work: () => void) => work());

  function fault(error: unknown, doing: string): unknown {
    if (isDamage(error)) damaged();
    if (isFull(error) && !db.inTransaction) full();
    return problemOf(error, doing, db.name);
  }

  function run<T>(doing: string, work: () => T): T {
    const outermost = !db.inTransaction;
    const standing = effects.length;
    let result: { readonly value: T } | undefined;
    try {
      begin.immediate(() => {
        result = { value: work() };
      });
    } catch (error) {
      effects.length = standing;
      throw fault(error, doing);
    }
    if (outermost) {
      const due = effects;
      effects = [];
      for (const effect of due) effect();
    }
    return result!.value;
  }

  function look<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fault(error, doing);
    }
  }

  return {
    run,
    write: (doing, work) => (db.inTransaction ? look(doing, work) : run(doing, work)),
    look,
    open: () => db.inTransaction,
    committed(effect) {
      effects.push(effect);
    },
  };
}
