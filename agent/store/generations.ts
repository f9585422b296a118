/** Which files were ever seen, and how far each destination has dealt with them. */
import { randomFillSync } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { Checkpoint, Clock, Clues, FileId, Generation } from '../types.ts';
import type { Transactions } from './transactions.ts';

/** A generation that has been gone for so long, and that nothing needs any more, is forgotten. 30 days, in ms. */
const REMEMBERED = 30 * 86_400_000;
const GEN_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const GEN_LENGTH = 16;
/** Bytes below this make each character equally often; others are passed over. */
const EVEN = 256 - (256 % GEN_ALPHABET.length);
/** Random bytes, of which a thousand are drawn as fast as sixteen, and how many of them are left. */
const drawn = new Uint8Array(1024);
let left = 0;

/** A new identity: 16 random characters of [0-9a-z]. */
export function mintGen(): string {
  let gen = '';
  while (gen.length < GEN_LENGTH) {
    if (left === 0) left = randomFillSync(drawn).length;
    left -= 1;
    const byte = drawn[left]!;
    if (byte < EVEN) gen += GEN_ALPHABET[byte % GEN_ALPHABET.length];
  }
  return gen;
}

export type Generations = {
  /** All generations of an input, in the order in which they were first seen. */
  generations(input: string): Generation[];
  /** Writes down a generation before its first byte is read, and mints its 16 random characters of [0-9a-z]. */
  add(generation: Omit<Generation, 'file' | 'gen'>): Generation;
  /** Where it is now (undefined: gone), or its grown clues. Throws an Error for a file that was never added. */
  update(file: FileId, change: { readonly path?: string | undefined; readonly clues?: Clues }): void;
  checkpoint(destination: string, file: FileId): Checkpoint | undefined;
  /** How many bytes are settled of each generation of an input that a destination has a checkpoint of. */
  settled(destination: string, input: string): ReadonlyMap<FileId, number>;
  /** The first checkpoint of a generation that is not read from its start. Throws an Error when there is one already. */
  begin(destination: string, checkpoint: Checkpoint): void;
  /** Puts a checkpoint wherever the operator wants it, back or forth. */
  rewind(destination: string, checkpoint: Checkpoint): void;
  /** Forgets generations and how far they were read, as if they had never been seen. */
  forget(files: readonly FileId[]): void;
  /** Moves checkpoints, within the caller's transaction. Throws an Error, and so undoes it all, when one would move back. */
  move(destination: string, marks: readonly Checkpoint[]): void;
  /**
   * Forgets, with their checkpoints, the generations that have been gone for more than 30 days. Kept all the same: those that
   * are `held` (still open, though deleted), and the predecessor of one that is held or not gone, for its successor's first
   * record names it. Gives how many were forgotten.
   */
  prune(held: ReadonlySet<FileId>): number;
};

type GenerationRow = {
  readonly file: number;
  readonly gen: string;
  readonly input: string;
  readonly chain: string;
  readonly path: string | null;
  readonly dev: number;
  readonly ino: number;
  readonly birth: number;
  readonly head_bytes: number;
  readonly head: string;
  readonly previous: number | null;
  readonly first_seen: number;
};

export function createGenerations(db: Database.Database, tx: Transactions, clock: Clock): Generations {
  const insert = db.prepare(`
    INSERT INTO generation (gen, input, chain, path, gone, dev, ino, birth, head_bytes, head, previous, first_seen)
    VALUES (:gen, :input, :chain, :path, :gone, :dev, :ino, :birth, :headBytes, :head, :previous, :firstSeen)`);
  const setPath = db.prepare(`
    UPDATE generation SET path = :path, gone = CASE WHEN :path IS NULL THEN coalesce(gone, :now) END WHERE file = :file`);
  const setClues = db.prepare(`
    UPDATE generation SET dev = :dev, ino = :ino, birth = :birth, head_bytes = :headBytes, head = :head
    WHERE file = :file`);
  const getCheckpoint = db.prepare<[FileId, string], Checkpoint>(
    'SELECT file, offset, skip, clue FROM checkpoint WHERE file = ? AND destination = ?',
  );
  const getSettled = db
    .prepare<[string, string], [FileId, number]>(
      'SELECT file, offset FROM checkpoint WHERE destination = ? AND file IN (SELECT file FROM generation WHERE input = ?)',
    )
    .raw();
  const insertCheckpoint = db.prepare(`
    INSERT INTO checkpoint (file, destination, offset, skip, clue) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (file, destination) DO NOTHING`);
  const moveCheckpoint = db.prepare(`
    INSERT INTO checkpoint (file, destination, offset, skip, clue) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (file, destination) DO UPDATE SET offset = excluded.offset, skip = excluded.skip, clue = excluded.clue
    WHERE excluded.offset >= offset`);
  const placeCheckpoint = db.prepare('INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)');
  const forgetOne = db.prepare('DELETE FROM generation WHERE file = ?');
  const forget = db.prepare(`
    DELETE FROM generation WHERE gone < :before
      AND file NOT IN (SELECT value FROM json_each(:held))
      AND file NOT IN (SELECT file FROM spool WHERE file IS NOT NULL)
      AND NOT EXISTS (
        SELECT 1 FROM generation AS next WHERE next.previous = generation.file
          AND (next.gone IS NULL OR next.file IN (SELECT value FROM json_each(:held))))`);

  function known(result: Database.RunResult, file: FileId): void {
    if (result.changes === 0) throw new Error(`No generation has the number ${file}.`);
  }

  return {
    generations: (input) => tx.look('read', () => readGenerations(db, input)),
    add(generation) {
      const gen = mintGen();
      return tx.write('write down a new file in', () => {
        const { clues, input, chain } = generation;
        const { lastInsertRowid } = insert.run({
          ...{ gen, input, chain, ...clues },
          path: generation.path ?? null,
          gone: generation.path === undefined ? clock.now() : null,
          previous: generation.previous ?? null,
          firstSeen: Math.round(generation.firstSeen),
        });
        // One by one: a copy of an object with more put to it takes a third more room.
        const { previous, firstSeen } = generation;
        return { file: Number(lastInsertRowid), gen, input, chain, path: generation.path, clues, previous, firstSeen };
      });
    },
    update(file, change) {
      tx.run('write down a change of a file in', () => {
        if ('path' in change) known(setPath.run({ file, path: change.path ?? null, now: clock.now() }), file);
        if (change.clues) known(setClues.run({ file, ...change.clues }), file);
      });
    },
    checkpoint: (destination, file) => tx.look('read', () => getCheckpoint.get(file, destination)),
    settled: (destination, input) => tx.look('read', () => new Map(getSettled.iterate(destination, input))),
    begin(destination, { file, offset, skip, clue }) {
      tx.write('write a first checkpoint into', () => {
        const { changes } = insertCheckpoint.run(file, destination, offset, skip, clue);
        if (changes === 0) throw new Error(`File ${file} has a checkpoint for ${destination} already.`);
      });
    },
    rewind(destination, { file, offset, skip, clue }) {
      tx.write('rewind a checkpoint in', () => {
        placeCheckpoint.run(file, destination, offset, skip, clue);
      });
    },
    forget(files) {
      tx.run('forget files in', () => {
        for (const file of files) forgetOne.run(file);
      });
    },
    move(destination, marks) {
      for (const { file, offset, skip, clue } of marks) {
        const { changes } = moveCheckpoint.run(file, destination, offset, skip, clue);
        if (changes === 0)
          throw new Error(`The checkpoint of file ${file} for ${destination} would go back to ${offset}.`);
      }
    },
    prune: (held) =>
      tx.run('forget old files in', () => {
        const before = clock.now() - REMEMBERED;
        return forget.run({ before, held: JSON.stringify([...held]) }).changes;
      }),
  };
}

/** All generations, or those of one input, in the order in which they were first seen. */
export function readGenerations(db: Database.Database, input?: string): Generation[] {
  return db
    .prepare<{ input: string | null }, GenerationRow>(
      'SELECT * FROM generation WHERE :input IS NULL OR input = :input ORDER BY file',
    )
    .all({ input: input ?? null })
    .map((row) => ({
      file: row.file,
      gen: row.gen,
      input: row.input,
      chain: row.chain,
      path: row.path ?? undefined,
      clues: { dev: row.dev, ino: row.ino, birth: row.birth, headBytes: row.head_bytes, head: row.head },
      previous: row.previous ?? undefined,
      firstSeen: row.first_seen,
    }));
}
