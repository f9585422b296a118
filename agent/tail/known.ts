/**
 * What a generation is known by, gathered for `rotation.ts` to decide on.
 */
import { HEAD_BYTES } from '../wire/clue.ts';
import type { Candidate } from './candidate.ts';
import { codeOf, type Files, type Stat } from './files.ts';
import { CLUE_OF_NOTHING, CLUE_OF_NULS, clueBefore, cluesOf, readHead, sameHead, startOf } from './fingerprint.ts';
import type { Gen, Handles } from './generation.ts';
import { type Found, type Known, type Mark, withEnd } from './rotation-parts.ts';

/**
 * What an open file says; undefined where it is not open, or the file system does not let it say anything. A file server may have let
 * it go for good: then it is open no more.
 */
export function ask<T>(gen: Gen, handles: Handles, question: (fd: number) => T): T | undefined {
  if (!handles.isOpen(gen)) return undefined;
  try {
    return question(handles.fd(gen));
  } catch (error) {
    if (codeOf(error) === 'ESTALE') handles.drop(gen);
    else if (codeOf(error) === '') throw error;
    return undefined;
  }
}

/**
 * The head with what was written since the last look; by it the file is known in an archive or a copy. Undefined where there is
 * no more.
 */
function grownHead(gen: Gen, marks: readonly Mark[], files: Files, handles: Handles): Seen | undefined {
  if (gen.packed !== undefined || gen.clues.headBytes >= HEAD_BYTES) return undefined;
  return ask(gen, handles, (fd) => {
    const head = readHead(files, fd, false);
    const stat = files.fstat(fd);
    if (head.length <= gen.clues.headBytes || stat.size < gen.size || !sameHead(gen.clues, head)) return undefined;
    if (marks.some((mark) => clueBefore(files, fd, mark.offset) !== mark.clue)) return undefined;
    return { stat, head };
  });
}

/**
 * Where a file without a head ends now, which is all that it can be known by until it is read; undefined where that proves nothing.
 * `most`: the bytes that it had when it was looked at, for it may have grown since.
 */
export function earlyEnd(gen: Gen, files: Files, handles: Handles, most = Infinity): Mark | undefined {
  if (gen.clues.headBytes > 0 || gen.packed !== undefined) return undefined;
  return ask(gen, handles, (fd) => {
    const offset = Math.min(files.fstat(fd).size, most);
    return provenBy(offset, clueBefore(files, fd, offset));
  });
}

/** As `earlyEnd`, of a copy of `size` bytes. */
export const endOf = (found: Found, size: number): Mark | undefined => provenBy(size, found.clue(size));

/** Space that was set aside is filled later. */
const provenBy = (offset: number, clue: string | undefined): Mark | undefined =>
  offset === 0 || clue === undefined || clue === CLUE_OF_NULS ? undefined : { offset, clue };

/** Whether a file without a name holds less than its copy, as after an editor saved it anew and the result was rotated at once. */
export function isOutgrown(gen: Gen, size: number, files: Files, handles: Handles): boolean {
  const own = ask(gen, handles, files.fstat);
  return gen.packed === undefined && (own === undefined || (own.links === 0 && own.size < size));
}

/** Holds a file open that has bytes to read, so that they stay within reach whatever becomes of its name. */
export function holdOpen(gen: Gen, found: Candidate, unread: number | undefined, handles: Handles): void {
  if (!found.live && (unread === undefined || (gen.packed === undefined && unread >= gen.size))) return;
  const fd = found.takeFd();
  if (fd !== undefined) handles.adopt(gen, fd);
}

type Seen = { readonly stat: Stat; readonly head: Uint8Array };

type Parts = {
  readonly files: Files;
  readonly handles: Handles;
  marks(gen: Gen): readonly Mark[];
};

/** Nothing of it is kept of the generation itself before it is said who is who, for the look may have to be made again. */
export type KnownNow = Known & {
  /** The head, where it has grown. */
  readonly grown: Seen | undefined;
};

/** Whether an open file holds something else by now than what it is known for: it was truncated, and perhaps refilled. */
function isOverwritten(gen: Gen, { files, handles, marks }: Parts): boolean {
  if (gen.packed !== undefined) return false;
  const isOther = ask(gen, handles, (fd) => {
    const { size } = files.fstat(fd);
    if (size < gen.size || !sameHead(gen.clues, readHead(files, fd, false))) return true;
    const all = withEnd(marks(gen), gen.end);
    // A copy may lack the last lines that were read of the original.
    return all.some((mark) => mark.offset <= size && clueBefore(files, fd, mark.offset) !== mark.clue);
  });
  return isOther === true;
}

const foundOf = ({ clues }: Gen, found: readonly Found[]): Found | undefined =>
  found.find((one) => one.ino === clues.ino && one.dev === clues.dev);

/** What was truncated and then lost its name, so that it is none of `found`, can only be found in a copy from now on. */
function endOverwritten(gens: readonly Gen[], found: readonly Found[], parts: Parts): void {
  for (const gen of gens) {
    if (foundOf(gen, found)) continue;
    if (!isOverwritten(gen, parts)) continue;
    gen.ended = true;
    parts.handles.drop(gen);
  }
}

function knownOf(gen: Gen, found: readonly Found[], parts: Parts): KnownNow {
  const read = parts.marks(gen);
  const unseen = gen.clues.headBytes === 0 && gen.end === undefined;
  // It may have been written to, rotated and packed since the last look, all at once.
  const end = gen.end ?? earlyEnd(gen, parts.files, parts.handles, foundOf(gen, found)?.size);
  const headless =
    gen.clues.headBytes === 0 && read.every(({ clue }) => clue === CLUE_OF_NULS || clue === CLUE_OF_NOTHING);
  const marks = headless ? withEnd(read, end) : read;
  const empty = unseen && read.every((mark) => mark.offset === 0);
  const grown = grownHead(gen, marks, parts.files, parts.handles);
  const { file, firstSeen } = gen.row;
  const lost = gen.lost && read.every((mark) => mark.offset === 0);
  const size = gen.packed === undefined ? gen.size : 0;
  const held = parts.handles.isOpen(gen);
  const wasLive = gen.place === 'live' || gen.path === gen.row.chain;
  return {
    file,
    clues: grown ? cluesOf(grown.stat, grown.head) : gen.clues,
    start: grown ? startOf(grown.stat, grown.head) : gen.start,
    end,
    grown,
    copy: gen.copy,
    marks,
    held,
    wasLive,
    ended: gen.ended,
    lost,
    empty,
    size,
    firstSeen,
    modified: gen.modified,
    modifiedNow: () => ask(gen, parts.handles, parts.files.fstat)?.modified,
  };
}

/** What all generations of a chain are known by, when `found` is what lies there now. */
export function allKnown(gens: readonly Gen[], found: readonly Found[], parts: Parts): KnownNow[] {
  endOverwritten(gens, found, parts);
  return gens.map((gen) => knownOf(gen, found, parts));
}
