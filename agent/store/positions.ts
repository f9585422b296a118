/**
 * A second copy of what must not be lost with the database, as the plain file PATH.positions: generations, checkpoints and the
 * books. It is a second old at most, so whoever goes on from it repeats a second's lines and passes over none.
 */
import { hash } from 'node:crypto';
import fs from 'node:fs';
import type Database from 'better-sqlite3';
import type { Clock } from '../types.ts';

/** The tables that are copied; each only after those that it refers to. */
export const COPIED = ['generation', 'checkpoint', 'ledger', 'lost', 'untold'] as const;
export type CopiedRow = Readonly<Record<string, string | number | null>>;
export type Positions = Readonly<Record<(typeof COPIED)[number], readonly CopiedRow[]>>;

/** How often it is written at most, in ms. */
const WRITE_EVERY = 1_000;

export type PositionsCopy = {
  /** Writes the copy where something has changed, once a second at most. A disk that refuses is met again by the next call. */
  tend(): void;
  /** Writes it now. */
  write(): void;
};

export function createPositionsCopy(db: Database.Database, clock: Clock): PositionsCopy {
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  const tables = COPIED.map((table) => [table, db.prepare<[], CopiedRow>(`SELECT * FROM ${table}`)] as const);
  const file = positionsOf(db.name);
  let written = -1;
  let next = -Infinity;

  function write(): void {
    const now = changes.get()!;
    if (now === written) return;
    const text = JSON.stringify(Object.fromEntries(tables.map(([table, all]) => [table, all.all()])));
    try {
      fs.writeFileSync(`${file}.new`, `${hash('sha256', text)}\n${text}\n`, { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
      written = now;
    } catch {
      // The older copy stands, and is good for the same, with more repeats.
      fs.rmSync(`${file}.new`, { force: true });
    }
  }

  return {
    write,
    tend() {
      if (clock.ticks() < next) return;
      next = clock.ticks() + WRITE_EVERY;
      write();
    },
  };
}

/** The copy beside the state at `path`; undefined where there is none, or none that is whole. */
export function readPositions(path: string): Positions | undefined {
  try {
    const [sum, text = ''] = fs.readFileSync(positionsOf(path), 'utf8').split('\n');
    return hash('sha256', text) === sum ? (JSON.parse(text) as Positions) : undefined;
  } catch {
    return undefined;
  }
}

function positionsOf(path: string): string {
  return `${path}.positions`;
}
