/**
 * A second copy of what must not be lost with the database, as the plain file PATH.positions: generations, checkpoints and the
 * books. It is a second old at most, so whoever goes on from it repeats a second's lines and passes over none.
 */
import { createHash, hash } from 'node:crypto';
import fs from 'node:fs';
import type Database from 'better-sqlite3';
import type { Clock } from '../types.ts';

/** The tables that are copied; each only after those that it refers to. */
export const COPIED = ['generation', 'checkpoint', 'ledger', 'lost', 'untold'] as const;
export type CopiedRow = Readonly<Record<string, string | number | null>>;
export type Positions = Readonly<Record<(typeof COPIED)[number], readonly CopiedRow[]>>;

/** How often it is written at most, in ms. */
const WRITE_EVERY = 1_000;
/** Characters of a SHA-256 in hex. */
const HASH_LENGTH = 64;
/** So many characters are written at once. */
const PIECE = 64 * 1024;

export type PositionsCopy = {
  /** Writes the copy where something has changed, once a second at most. A disk that refuses is met again by the next call. */
  tend(): void;
  /** Writes it now. */
  write(): void;
};

/** `changes` counts the changes of the database. */
export function createPositionsCopy(db: Database.Database, clock: Clock, changes: () => number): PositionsCopy {
  const tables = COPIED.map((table) => [table, db.prepare<[], CopiedRow>(`SELECT * FROM ${table}`)] as const);
  const file = positionsOf(db.name);
  let written = -1;
  let next = -Infinity;

  /** All tables as one JSON object, row by row. */
  function* text(): Generator<string> {
    for (const [at, [table, all]] of tables.entries()) {
      yield `${at === 0 ? '{' : '],'}${JSON.stringify(table)}:[`;
      let between = '';
      for (const row of all.iterate()) {
        yield between + JSON.stringify(row);
        between = ',';
      }
    }
    yield ']}';
  }

  function write(): void {
    const now = changes();
    if (now === written) return;
    try {
      writeHashed(`${file}.new`, text());
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

/**
 * Writes a file that holds the hash of a text, and the text, a line each. It is written in pieces, because there may be tens of thousands
 * of rows, and memory for all of them at once would not come back. Throws as node:fs does.
 */
function writeHashed(path: string, text: Iterable<string>): void {
  const sum = createHash('sha256');
  const fd = fs.openSync(path, 'w', 0o600);
  let piece = '';
  let at = HASH_LENGTH + 1;
  function flush(): void {
    const bytes = Buffer.from(piece);
    sum.update(bytes);
    writeAt(fd, bytes, at);
    at += bytes.length;
    piece = '';
  }
  try {
    for (const part of text) {
      piece += part;
      if (piece.length >= PIECE) flush();
    }
    flush();
    writeAt(fd, Buffer.from('\n'), at);
    writeAt(fd, Buffer.from(`${sum.digest('hex')}\n`), 0);
  } finally {
    fs.closeSync(fd);
  }
}

function writeAt(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function positionsOf(path: string): string {
  return `${path}.positions`;
}
