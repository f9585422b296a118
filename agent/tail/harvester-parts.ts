/** What a harvester reads from, and what it gives. */
import type { Chunk, Clock, Clues, FileId } from '../types.ts';
import type { Lines } from '../wire/lines.ts';
import type { ReadSpace } from './readspace.ts';
import type { Mark } from './rotation-parts.ts';

/** Where the bytes of one generation come from: an open file, or an archive that is unpacked on the way. */
export type Source = {
  /** Fills `into` from `position` on; gives fewer bytes only at the end, undefined where they are still to come. Throws as node:fs. */
  read(into: Uint8Array, position: number): number | undefined;
  close(): void;
};

/**
 * chunk: `drained` when nothing stood behind it, so that nothing more is to be read until the file moves. idle: no whole line is
 * there; `held` when bytes of an unfinished one are. more: work was done, ask again. later: the source will say when. changed: the
 * bytes before the position are not those that were read, so this is another file by now.
 */
export type Take =
  | { readonly what: 'chunk'; readonly chunk: Chunk; readonly drained: boolean }
  | { readonly what: 'idle'; readonly held: boolean }
  | { readonly what: 'more' | 'later' }
  | { readonly what: 'changed'; readonly reason: string };

/** What the harvesters of a walk share. */
export type HarvesterParts = {
  readonly input: string;
  readonly clock: Clock;
  readonly maxLine: number;
  readonly lines: Lines;
  /** Bytes that one read asks for at most, as long as a line fits in them; 256 KiB where not given. */
  readonly largest?: number | undefined;
  /** Where chunks are read to; fresh memory each time where not given. */
  readonly space?: ReadSpace | undefined;
};

/** What a generation is known by now; `end`, of a file that has no head, is an early end of it. */
export type Harvested = {
  readonly file: FileId;
  readonly clues: Clues;
  readonly end?: Mark | undefined;
  readonly modified: number;
};
