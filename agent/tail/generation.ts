import type { Clues, FileId, Generation } from '../types.ts';
import { codeOf, type Files } from './files.ts';
import { sameInode } from './fingerprint.ts';
import type { Inode } from './rotation-parts.ts';

/** live: it has the chain's name. rotated: another name, or none that is known. deleted: no name, but open. gone: not to be had. */
type Place = 'live' | 'rotated' | 'deleted' | 'gone';

/** One generation as all walks share it. Only its chain changes it. */
export type Gen = {
  readonly file: FileId;
  readonly row: Generation;
  /** Where it was last seen. */
  path: string;
  place: Place;
  clues: Clues;
  /**
   * The head's bytes as latin1, as long as the file is small: a copy may have been taken of fewer. Undefined where they were not
   * seen in this run.
   */
  start: string | undefined;
  /** Of a file that has no head, being a hole there: where it ended when its first bytes were seen, and the clue before that. */
  end: { readonly offset: number; readonly clue: string } | undefined;
  /** The copy of it that was seen before its inode was truncated. */
  copy: Inode | undefined;
  /** The suffix of the compressor when `path` is an archive. */
  packed: string | undefined;
  /** True once its inode was truncated, so that its bytes can only be found in a copy. */
  ended: boolean;
  /** True once what was unread of it was counted as lost. */
  lost: boolean;
  /** Bytes and ms as last seen; of an archive, what it says of its unpacked size. */
  size: number;
  modified: number;
  /** Counts the changes seen, so that a reader that found nothing need not look again until it moves. */
  version: number;
  /** Ticks of the last change, or of the loss of its name if that came later; whole ms, which take no room of their own. */
  quietSince: number;
  /** How it was recognised, in words. */
  reason: string;
  /** The destinations that still read it; they are few. */
  readers: readonly string[];
};

/** Lists of readers that many generations share. */
const NOBODY: readonly string[] = [];
const alone = new Map<string, readonly string[]>();

function only(destination: string): readonly string[] {
  const list = alone.get(destination) ?? [destination];
  alone.set(destination, list);
  return list;
}

export function addReader(gen: Gen, destination: string): void {
  if (gen.readers.length === 0) gen.readers = only(destination);
  else if (!gen.readers.includes(destination)) gen.readers = gen.readers.concat(destination);
}

export function removeReader(gen: Gen, destination: string): void {
  const left = gen.readers.filter((reader) => reader !== destination);
  gen.readers = left.length > 0 ? left : NOBODY;
}

/** Whether a rotated file was read to its end and closed, though it may still grow. */
export const isLetGo = (gen: Gen): boolean =>
  gen.place === 'rotated' && gen.readers.length === 0 && gen.packed === undefined && !gen.ended;

/** A generation that the registry knows and nobody has found yet. `now`: ticks. */
export function fromRow(row: Generation, now: number): Gen {
  return {
    file: row.file,
    row,
    path: row.path ?? row.chain,
    place: 'gone',
    clues: row.clues,
    start: undefined,
    end: undefined,
    copy: undefined,
    packed: undefined,
    ended: false,
    lost: row.path === undefined,
    size: row.clues.headBytes,
    modified: 0,
    version: 0,
    quietSince: Math.floor(now),
    reason: 'known from before',
    readers: NOBODY,
  };
}

/** Said where a path leads to another file than the one that was meant. */
export class Elsewhere extends Error {}

/** The open files of an input, bounded in number: a file that can be opened again by its name is closed when others need its place. */
export type Handles = {
  /** The open file of a generation, opened by its path where need be. Throws `Elsewhere`, or as node:fs. */
  fd(gen: Gen): number;
  isOpen(gen: Gen): boolean;
  /** Takes over a file that is open already. */
  adopt(gen: Gen, fd: number): void;
  drop(gen: Gen): void;
  /** Closes a quarter of the files, and keeps to fewer from now on, for the process may open no more; false where none can be spared. */
  makeRoom(): boolean;
  close(): void;
};

/** Node raises the soft limit of descriptors to the hard one, which is seldom below 4096. */
const OPEN_FILES = 2048;

export function createHandles(files: Files, limit = OPEN_FILES): Handles {
  /** Least recently used first. */
  const open = new Map<Gen, number>();
  /** The one that was used last. */
  let newest: Gen | undefined;
  let most = limit;

  function drop(gen: Gen): void {
    const fd = open.get(gen);
    if (fd === undefined) return;
    open.delete(gen);
    files.close(fd);
  }

  /** Closes files that were idle longest until there are fewer than `most`, sparing those whose bytes no name leads to. */
  function shrink(): void {
    for (const gen of open.keys()) {
      if (open.size < most) return;
      if (gen.place === 'live') drop(gen);
    }
  }

  function adopt(gen: Gen, fd: number): void {
    drop(gen);
    shrink();
    open.set(gen, fd);
    newest = gen;
  }

  function openAnew(gen: Gen): number {
    let fd: number;
    try {
      fd = files.open(gen.path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new Elsewhere(`${gen.path} does not exist any more`);
      throw error;
    }
    const stat = files.fstat(fd);
    if (sameInode(gen.clues, stat)) return fd;
    files.close(fd);
    throw new Elsewhere(`${gen.path} is another file by now (inode ${stat.ino}, where ${gen.clues.ino} was)`);
  }

  return {
    fd(gen) {
      const known = open.get(gen);
      if (known === undefined) {
        const fd = openAnew(gen);
        adopt(gen, fd);
        return fd;
      }
      // What is asked for again and again stands there already, and a table that is written to again and again is made anew.
      if (gen === newest) return known;
      open.delete(gen);
      open.set(gen, known);
      newest = gen;
      return known;
    },
    isOpen: (gen) => open.has(gen),
    adopt,
    drop,
    makeRoom() {
      const { size } = open;
      most = Math.max(1, Math.floor(size * 0.75));
      shrink();
      return open.size < size;
    },
    close() {
      for (const fd of open.values()) files.close(fd);
      open.clear();
    },
  };
}
