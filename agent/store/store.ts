/**
 * The state of the agent in one SQLite file: generations, checkpoints, spool and ledger.
 *
 * Every verb that writes is one transaction, or, called inside `transaction(work)`, a part of that one: so each verb is its own
 * twin. Verbs throw StoreProblem when the disk or the file is at fault; then nothing of what they were to write is written,
 * and the same call can be made again later. Any other error is a fault of the program.
 */
import fs from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import type { Clock, FileId, Log, Loss, Sent, SpoolConfig } from '../types.ts';
import { wordsOf } from '../wire/words.ts';
import { openDatabase } from './database.ts';
import { createEarlyFlush } from './early.ts';
import { createGenerations, type Generations } from './generations.ts';
import { addCounts, createBooks, createLedger, type LedgerRow, type LossRow } from './ledger.ts';
import { type Lock, takeLock } from './lock.ts';
import { type Machine, settleMachine, thisMachine } from './machine.ts';
import { createPacker, type Packer } from './packing.ts';
import { freeBytes, prepareFolder, setAside } from './place.ts';
import { createPositionsCopy, readPositions } from './positions.ts';
import { isDamage, isFull, problemOf, StoreProblem } from './problem.ts';
import { type Recovered, recover } from './recover.ts';
import { createRefused } from './refused.ts';
import { createRescue } from './rescue.ts';
import { createReserve, reserveOf } from './reserve.ts';
import { createRows, type Matched } from './rows.ts';
import { tellSaving } from './saving.ts';
import { createSayings } from './saying.ts';
import { createSettling, type Settling } from './settle.ts';
import { createSpace, type Space } from './space.ts';
import type { Spooled } from './spooled.ts';
import { changesOf, createTransactions } from './transactions.ts';
import { createUntold } from './untold.ts';

export { StoreProblem };

/** The largest default for `max_size`, in bytes. */
const LARGEST_DEFAULT = 2 ** 30;
/** What the write-ahead log holds before it is written back: large enough to be fast, small beside any spool. In bytes. */
const LARGEST_LOG = 8 * 2 ** 20;
const SMALLEST_LOG = 128 * 2 ** 10;

export type StoreParts = {
  readonly config: SpoolConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** The command line, told to whoever tries to use the same state. */
  readonly command: string;
  /** Free bytes on the disk of a folder; by default what the file system says. */
  readonly freeBytes?: (folder: string) => number;
  /** By what this machine is known; what the system says by default. */
  readonly machine?: Machine;
  /** True: read the whole file first, and set it aside when anything is wrong with it. */
  readonly check?: boolean;
};

export type Store = Omit<Generations, 'move'> &
  Settling & {
    /** Makes a batch small for `spool`, ahead of its turn and in another thread; undefined where there is nothing to wait for. */
    pack: Packer['ahead'];
    /** The oldest row behind `afterRow` (0: the oldest of all), its batch without marks; undefined when there is none. */
    read(destination: string, afterRow: number): Sent | undefined;
    /** The newest row's number, 0 when the destination's spool is empty. */
    newestRow(destination: string): number;
    spooled(destination: string): Spooled;
    /** What a server refused for good. It is not part of `spooled`, but of `spool` in the ledger. */
    refused(destination: string): Matched;
    ledger(): LedgerRow[];
    losses(): LossRow[];
    /** Writes down bytes that never became lines. */
    lost(loss: Loss): void;
    /** Runs `work`, and with it every verb that it calls, in one transaction: all of it or, when it throws, nothing. */
    transaction<T>(work: () => T): T;
    /** Another number as soon as anything in the state is different. */
    revision(): number;
    /** Bytes on disk now, and the most that file and log may take together. */
    space(): ReturnType<Space['status']> & { readonly limit: number };
    /**
     * Why the file has to be closed and opened again: somebody has removed it (everything is still there until `close`, which
     * writes it anew), or a damaged page was met (the next one that opens it saves what it can). Undefined where all is well.
     */
    trouble(): 'removed' | 'damaged' | undefined;
    /** Gives the lock back, whatever the disk says. Nothing else may be called afterwards. */
    close(): void;
  };

/**
 * Takes the lock and opens the state at `config.path`, or begins a new one. A file that is damaged or no SQLite file is set
 * aside under a new name, which is said as an error. Throws StoreProblem: `held` with the words of the process that has it,
 * `newer`, `foreign`, or what the file system refuses.
 */
export function openStore(parts: StoreParts): Store {
  const { config, clock, command } = parts;
  prepareFolder(config.path);
  const lock = takeLock(config.path, { pid: process.pid, started: clock.now(), command });
  let db: Database.Database | undefined;
  try {
    const limit = config.maxSize ?? defaultLimit(config.path, parts.freeBytes ?? freeBytes);
    const walLimit = Math.min(LARGEST_LOG, Math.max(SMALLEST_LOG, Math.floor(limit / 8)));
    const settings = { sync: config.sync, walLimit, check: parts.check === true };
    const open = () => withReserve(config.path, () => openDatabase(config.path, settings));
    db = openOrSetAside(parts, open, lock.left?.damaged === true);
    sayCloned(parts, settleMachine(db, parts.machine ?? thisMachine()));
    return createStore(parts, db, lock, limit, walLimit);
  } catch (error) {
    if (isDamage(error)) lock.markDamaged();
    db?.close();
    lock.release();
    throw problemOf(error, 'open', config.path);
  }
}

/** The store on an open database whose lock is held. `limit` and `walLimit` in bytes. */
export function createStore(
  parts: StoreParts,
  db: Database.Database,
  lock: Lock,
  limit: number,
  walLimit: number,
): Store {
  const { config, clock, log } = parts;
  const reserve = createReserve({ db, bytes: walLimit, clock, log, freeBytes: parts.freeBytes ?? freeBytes });
  let damaged = false;
  const met = () => {
    damaged = true;
    lock.markDamaged();
  };
  const tx = createTransactions(db, met, reserve.release);
  const { move, ...registry } = createGenerations(db, tx, clock);
  const untold = createUntold(db, tx, registry.checkpoint);
  const ledger = createLedger(db, tx);
  const books = createBooks(db);
  const rows = createRows(db, tx, untold);
  const refused = createRefused(db);
  const rescue = createRescue(db, log);
  const space = createSpace(db, limit, walLimit, clock, log);
  const packer = createPacker(() => {
    const { file, free } = space.status();
    return file - free;
  }, clock);
  const early = createEarlyFlush(config.path);
  const changes = changesOf(db);
  const copy = createPositionsCopy(db, clock, changes);
  const say = createSayings({ config, clock, log, limit });
  const settling = createSettling({
    ...{ config, clock, say, tx, move, untold, ledger, rows, packed: packer.packed, refused },
    stored: (batch) => early.wrote(packer.done(batch)),
    space,
    reserve,
  });
  registry.prune(new Set<FileId>());
  if (rows.empty() && space.status().free > 0) space.giveBack(rows.empty);

  return {
    ...registry,
    ...settling,
    tend() {
      settling.tend();
      say.rest();
      tx.look('read', copy.tend);
    },
    read: (destination, afterRow) => tx.look('read', () => rows.read(destination, afterRow)),
    pack: packer.ahead,
    newestRow: (destination) => tx.look('read', () => rows.newest(destination)),
    spooled: (destination) => tx.look('read', () => rows.spooled(destination)),
    refused: (destination) => tx.look('read', () => refused.of(destination)),
    ledger: () =>
      tx.look('read', () => books.ledger((...place) => addCounts(rows.sum(...place), refused.sum(...place)))),
    losses: () => tx.look('read', () => books.losses()),
    lost: (loss) => ledger.lost(loss, clock.now()),
    transaction: (work) => tx.run('write to', work),
    revision: () => tx.look('read', changes),
    space: () => tx.look('read', () => ({ ...space.status(), limit })),
    trouble: () => (rescue.standing() ? (damaged ? 'damaged' : undefined) : 'removed'),
    close() {
      if (!db.open) return;
      say.rest(true);
      try {
        space.finish(rows.empty());
        rescue.restore();
        tx.look('read', copy.write);
      } catch (problem) {
        if (!(problem instanceof StoreProblem)) throw problem;
        log.error(problem.explain, problem.message);
      } finally {
        db.close();
        lock.release();
      }
    },
  };
}

function sayCloned({ config, log }: StoreParts, generations: number): void {
  if (generations === 0) return;
  const now = `its ${generations} files have new identities from here on, and are read on from where they stand`;
  log.warn('state-cloned', `The state ${config.path} was written on another machine: ${now}.`);
}

/** A GiB, or a tenth of the space that is free or taken by this state already if that is less. */
function defaultLimit(file: string, free: (folder: string) => number): number {
  const own = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return Math.min(LARGEST_DEFAULT, Math.floor((free(path.dirname(file)) + own) / 10));
}

/** On a full disk what was kept back is given up, so that the state can be opened at all. */
function withReserve<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!isFull(error)) throw error;
    fs.rmSync(reserveOf(file), { force: true });
    return open();
  }
}

/** `damaged`: a damaged page was met in it before. */
function openOrSetAside(parts: StoreParts, open: () => Database.Database, damaged: boolean): Database.Database {
  const { config, clock, log } = parts;
  try {
    refuseEmptied(config.path);
    if (damaged) throw new StoreProblem('SQLITE_CORRUPT', 'spool-damaged', 'a damaged page was met in it');
    return open();
  } catch (error) {
    if (!isDamage(error)) throw error;
    const kept = setAside(config.path, clock.now());
    const why = wordsOf(error);
    const db = open();
    const saved = recover(db, kept, readPositions(config.path), tellSaving(fs.statSync(kept).size, parts));
    log.error(
      'spool-damaged',
      `The spool ${config.path} cannot be used (${why}). It is kept as ${kept}, and a new one was begun. ${savedText(saved)}`,
    );
    return db;
  }
}

/** A file of less than one page, 512 bytes at least, is a new one to SQLite. With positions beside it, it is one that was cut off. */
function refuseEmptied(file: string): void {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 512;
  if (size < 512 && readPositions(file))
    throw new StoreProblem('SQLITE_NOTADB', 'spool-damaged', `it was cut off to ${size} bytes`);
}

function savedText({ generations, rows, lines, missing, copy }: Recovered): string {
  const positions =
    generations === 0
      ? 'Its positions are gone: the log files are read as at a first start, so with start = beginning the server gets lines ' +
        'again, and with start = end what was written meanwhile is passed over.'
      : `Positions were taken from ${copy ? 'their second copy, so what was read in its last second comes again' : 'what can still be read of it'}.`;
  const found = rows === 0 ? '' : ` ${lines} lines that wait were saved.`;
  const lost = missing === 0 ? '' : ` ${missing} lines that stood in it only are lost, and counted.`;
  return `${positions}${found}${lost || (generations === 0 ? ' What stood in the old spool only is not sent.' : '')}`;
}
