/**
 * What is known and what is found of files, and what is said of them.
 */
import type { Clues, FileId } from '../types.ts';
import type { Rotated } from './names.ts';

/** A place in a generation and the clue of the bytes before it. */
export type Mark = { readonly offset: number; readonly clue: string };

/** Places by which a file is known: those up to which it was read, and an early end of it, where there is one. */
export const withEnd = (marks: readonly Mark[], end: Mark | undefined): readonly Mark[] =>
  end ? [...marks, end] : marks;

/** A file by its number and its birth, ms since the epoch. */
export type Inode = { readonly dev: number; readonly ino: number; readonly birth: number };

/** A generation that was seen before. */
export type Known = {
  readonly file: FileId;
  readonly clues: Clues;
  /** The bytes of the head of a small file as latin1, where they are known. */
  readonly start: string | undefined;
  /** Of a file without a head: an early end of it. */
  readonly end?: Mark | undefined;
  /** The copy of it that was seen before its inode was truncated. */
  readonly copy?: Inode | undefined;
  /** How far each destination has read it. */
  readonly marks: readonly Mark[];
  /** True while it is open: its inode cannot have been given to another file. */
  readonly held: boolean;
  /** True where it had the live path when it was last seen. */
  readonly wasLive: boolean;
  /** True once its inode was truncated: its bytes can only be found in a copy. */
  readonly ended: boolean;
  /** True once it was counted as lost before a destination that reads it had read a byte of it. */
  readonly lost: boolean;
  /** True where not one byte of it had been seen at the last look, so that it proves nothing about what came before it. */
  readonly empty: boolean;
  /** Bytes that it had when it was last looked at. */
  readonly size: number;
  /** The youngest of its times when it was first seen, ms since the epoch. */
  readonly firstSeen: number;
  /** Its time of change when it was last looked at, ms since the epoch; 0 where this run has not seen it. */
  readonly modified: number;
  /** Its time of change now, where its file is open. */
  modifiedNow(): number | undefined;
};

/** A file that bears a name of the chain. */
export type Found = {
  readonly path: string;
  readonly live: boolean;
  readonly place: Rotated | undefined;
  readonly dev: number;
  readonly ino: number;
  readonly birth: number;
  readonly modified: number;
  /** Bytes; undefined for an archive. */
  readonly size: number | undefined;
  readonly packed: string | undefined;
  /** Its first bytes; undefined where it cannot be read. */
  head(): Uint8Array | undefined;
  /**
   * The clue before `offset`; undefined where it cannot be read or is shorter. Of an archive it is dear: asked only where there
   * is no head.
   */
  clue(offset: number): string | undefined;
};

/**
 * same: a known generation, at its place or under a new name. copy: a known generation's content in another inode.
 * new: the live file, never seen. missed: an older generation never seen that is to be read. old: nothing to do with it.
 */
export type Sighting = {
  readonly found: Found;
  readonly file: FileId | undefined;
  readonly what: 'same' | 'copy' | 'new' | 'missed' | 'old' | 'unreadable';
  readonly reason: string;
  /** The generation that had this inode before: its bytes are not in this file any more. */
  readonly instead?: FileId;
  /** The generation right behind which this one belongs, where its name does not tell. */
  readonly behind?: FileId;
  /** True for a copy of the live file, which is not truncated yet. */
  readonly unfinished?: boolean;
};
