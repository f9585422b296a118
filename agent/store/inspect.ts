/** A look at the state from outside: it takes no lock, changes nothing, and works whether or not the agent runs. */
import fs from 'node:fs';
import Database from 'better-sqlite3';
import type { Checkpoint, Generation } from '../types.ts';
import { checkVersion, checkWhole } from './database.ts';
import { readGenerations } from './generations.ts';
import { addCounts, createBooks, type LedgerRow, type LossRow } from './ledger.ts';
import { type Holder, isHeld, readHolder } from './lock.ts';
import { isThere } from './place.ts';
import { isDamage, problemOf } from './problem.ts';
import { readRefused } from './refused.ts';
import type { Matched } from './rows.ts';
import { readSums, type Spooled, spooledFrom } from './spooled.ts';

export type Inspection = {
  /** The process that has the state now; undefined where none has, or where it holds it without having said who it is. */
  readonly holder: Holder | undefined;
  readonly held: boolean;
  readonly generations: readonly Generation[];
  readonly checkpoints: readonly (Checkpoint & { readonly destination: string })[];
  readonly ledger: readonly LedgerRow[];
  readonly losses: readonly LossRow[];
  /** By destination; those with an empty spool are not in it. */
  readonly spools: ReadonlyMap<string, Spooled>;
  /** What servers refused for good, likewise. */
  readonly refused: ReadonlyMap<string, Matched & { readonly oldest: number }>;
  /** Bytes of the file on disk, its log not counted. */
  readonly size: number;
  /** What SQLite found wrong with the file; undefined where it found nothing or was not asked. */
  readonly damage: string | undefined;
};

/**
 * What stands in the state at `path`, as of one moment; undefined when there is no such file. `check`: also read the whole file
 * and say what is wrong with it. Throws StoreProblem when it cannot be read.
 */
export function inspectStore(path: string, check = false): Inspection | undefined {
  let db: Database.Database | undefined;
  try {
    if (!isThere(path)) return undefined;
    const held = isHeld(path);
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 1000 });
    return { held, holder: held ? readHolder(path) : undefined, ...readAll(db, check), size: fs.statSync(path).size };
  } catch (error) {
    throw problemOf(error, 'read', path);
  } finally {
    db?.close();
  }
}

const NONE = { lines: 0, bytes: 0 };

function readAll(db: Database.Database, check: boolean): Omit<Inspection, 'holder' | 'held' | 'size'> {
  const read = db.transaction(() => {
    checkVersion(db);
    const sums = readSums(db);
    const refusals = readRefused(db);
    const spooled = (destination: string, input: string) => {
      const refused = refusals.filter((one) => one.destination === destination && one.input === input);
      return [sums.get(destination)?.get(input) ?? NONE, ...refused].reduce(addCounts, NONE);
    };
    const books = createBooks(db);
    return {
      generations: readGenerations(db),
      checkpoints: db.prepare<[], Checkpoint & { destination: string }>('SELECT * FROM checkpoint').all(),
      ledger: books.ledger(spooled),
      losses: books.losses(),
      spools: new Map([...sums.keys()].map((destination) => [destination, spooledFrom(db, sums, destination)])),
      refused: new Map(
        [...Map.groupBy(refusals, ({ destination }) => destination)].map(([destination, all]) => [
          destination,
          {
            ...all.reduce(addCounts, NONE),
            rows: all.reduce((rows, one) => rows + one.rows, 0),
            oldest: Math.min(...all.map(({ oldest }) => oldest)),
          },
        ]),
      ),
      damage: check ? damageOf(db) : undefined,
    };
  });
  return read();
}

function damageOf(db: Database.Database): string | undefined {
  try {
    checkWhole(db);
    return undefined;
  } catch (error) {
    if (!isDamage(error) || !(error instanceof Error)) throw error;
    return error.message;
  }
}
