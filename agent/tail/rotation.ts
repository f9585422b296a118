/**
 * What became of a file: decisions from what was known and what is seen now, each with its reason in words. Pure, apart from
 * the two questions that a `Found` answers by reading (its head, and the bytes before an offset), asked only where they matter.
 */
import type { FileId, InputConfig } from '../types.ts';
import { CLUE_BYTES, HEAD_BYTES } from '../wire/clue.ts';
import { CLUE_OF_NOTHING, CLUE_OF_NULS, sameHead } from './fingerprint.ts';
import { gapsOf, isUnfinished, missedAfter } from './missed.ts';
import { type Found, type Known, type Mark, type Sighting, withEnd } from './rotation-parts.ts';

type Shape = { readonly dev: number; readonly ino: number; readonly size: number; readonly modified: number };

/** touched: as long as before, yet changed since; whether the bytes are the same is for the reader to check. */
export type Verdict = {
  readonly what: 'nothing' | 'new' | 'same' | 'grown' | 'touched' | 'truncated' | 'replaced' | 'gone';
  readonly reason: string;
};

/** What happened at a live path since it was last looked at. */
export function look(before: Shape | undefined, now: Shape | undefined): Verdict {
  if (!before)
    return now ? { what: 'new', reason: 'first seen' } : { what: 'nothing', reason: 'there is no such file' };
  if (!now) return { what: 'gone', reason: 'no file has this name any more' };
  if (now.dev !== before.dev || now.ino !== before.ino) {
    return { what: 'replaced', reason: `another file has this name now (inode ${now.ino} instead of ${before.ino})` };
  }
  if (now.size < before.size) {
    return { what: 'truncated', reason: `it shrank from ${before.size} to ${now.size} bytes` };
  }
  if (now.size > before.size) return { what: 'grown', reason: `${now.size - before.size} bytes were added` };
  return now.modified === before.modified
    ? { what: 'same', reason: 'nothing changed' }
    : { what: 'touched', reason: 'it was written to without growing' };
}

/** Why `found`, which has the inode of `known`, is not that generation after all; undefined where it is. */
function refuted(known: Known, found: Found): string | undefined {
  if (known.ended) return 'it was truncated';
  if (isCutCopy(known, found)) return undefined;
  if (found.size !== undefined && found.size < known.size) return `it shrank from ${known.size} to ${found.size} bytes`;
  // Rights may have been taken away since it was opened.
  if (known.held && !found.head()) return undefined;
  if (!known.held && known.clues.birth !== 0 && found.birth !== 0 && known.clues.birth !== found.birth) {
    return 'its inode number was given to another file, born later';
  }
  if (isUnproven(known)) return 'it was empty, and its file system keeps no times of birth: it may be another file';
  return unlike(known, found);
}

/** Whether nothing but its inode number, which is given again after a deletion, tells what a generation is. */
const isUnproven = ({ held, clues, marks, end }: Known): boolean =>
  !held && clues.birth === 0 && clues.headBytes === 0 && !end && marks.every((mark) => mark.offset === 0);

/** Whether it is the copy as which a generation was known last, made before the last lines that were read of the original. */
const isCutCopy = (known: Known, found: Found): boolean =>
  !known.wasLive &&
  !found.live &&
  found.size !== undefined &&
  found.size >= known.size &&
  known.marks.some((mark) => mark.offset > found.size!) &&
  known.clues.birth === found.birth &&
  beginsAlike(known, found);

/** Why the content of `found` is not that of `known`, as far as that was read; undefined where it is. */
function unlike(known: Known, found: Found): string | undefined {
  const head = found.head();
  if (!head) return 'it cannot be read';
  if (!sameHead(known.clues, head)) {
    return `its first ${known.clues.headBytes} bytes are not those that were there before: it was truncated and refilled`;
  }
  for (const mark of known.marks) {
    if (found.size === undefined || mark.offset === 0) continue;
    if (found.size < mark.offset) return `it is shorter than the ${mark.offset} bytes that were read of it`;
    if (found.clue(mark.offset) !== mark.clue) {
      return `the ${Math.min(CLUE_BYTES, mark.offset)} bytes before offset ${mark.offset} are not those that were read`;
    }
  }
  return undefined;
}

/**
 * Whether `found`, under another inode, holds the content of `known`. A live file must give stronger proof than a rotated one.
 * `ended`: its inode holds something else by now.
 */
function isCopy(known: Known, found: Found, ended: boolean): boolean {
  if (ended && isSeenCopy(known, found)) return true;
  // Every hole looks like any other.
  const marks = known.marks.filter(({ clue }) => clue !== CLUE_OF_NULS && clue !== CLUE_OF_NOTHING);
  if (known.clues.headBytes === 0 && (marks.length === 0 || found.head()?.length !== 0)) return false;
  // A hole of NUL bytes has no head that proves anything, so an archive of it has to be unpacked up to what was read.
  const blind = known.clues.headBytes === 0 && found.size === undefined;
  if (blind && !holds(found, withEnd(marks, known.end))) return false;
  const proven = known.clues.headBytes > 0 && known.marks.some((mark) => mark.offset >= HEAD_BYTES);
  if (found.live && (ended || !proven)) return false;
  if (!unlike(known, found)) return true;
  // A copy taken while the file was still growing is shorter than what was seen or read of it.
  const furthest = Math.max(known.size, ...known.marks.map((mark) => mark.offset));
  const head = found.head()?.length ?? HEAD_BYTES;
  const shorter = found.size === undefined ? head < known.clues.headBytes : found.size < furthest;
  return ended && shorter && (beginsAlike(known, found) || marks.some((mark) => found.clue(mark.offset) === mark.clue));
}

/** Whether the bytes before these places stand in `found` too, as far as it goes; it may be a copy that lacks the last of them. */
function holds(found: Found, places: readonly Mark[]): boolean {
  const clues = places.map((place) => found.clue(place.offset));
  return clues.some(Boolean) && clues.every((clue, at) => clue === undefined || clue === places[at]!.clue);
}

/** Whether `found` was seen to be the copy of `known` when that could still be compared byte by byte. */
const isSeenCopy = ({ copy, clues, size }: Known, { dev, ino, birth, size: bytes }: Found): boolean =>
  copy?.ino === ino &&
  copy.dev === dev &&
  copy.birth === birth &&
  clues.ino !== ino &&
  bytes !== undefined &&
  bytes <= size;

/** Whether `found` begins as `known` did, as far as either goes; an empty file proves nothing, nor does one without a head. */
function beginsAlike({ clues, start, end }: Known, found: Found): boolean {
  const head = found.head();
  if (clues.headBytes === 0) return end !== undefined && found.clue(end.offset) === end.clue;
  if (!head || head.length === 0) return false;
  if (head.length >= clues.headBytes) return sameHead(clues, head);
  return start?.startsWith(Buffer.from(head).toString('latin1')) === true;
}

/**
 * Whether `found` is an archive that cannot be looked into and that `known` was packed into: compressors give it the time of change of
 * what they pack, bzip2 in whole seconds. `known` may have been written to before that, and, where it is open, behind it. What was not
 * read of it is not to be had from the archive.
 */
function isPackedInto(known: Known, found: Found): boolean {
  if (found.packed === undefined || found.packed === 'gz' || known.modified === 0) return false;
  const from = Math.floor(known.modified / 1000) * 1000;
  return found.modified >= from && found.modified <= (known.modifiedNow() ?? known.modified);
}

const named = (known: Known, found: Found): string =>
  known.held ? 'the inode of an open file' : `inode, head and the bytes before the offset agree (inode ${found.ino})`;

/**
 * Says of every file found in a chain which generation it is. `known` and `found` stand oldest first, the live file last.
 * A chain of which nothing is known is at its first sight, and `start` says whether its old generations count. Those count in any case
 * that `isKnown` says another chain has begun to read.
 */
export function recognise(
  known: readonly Known[],
  found: readonly Found[],
  start: InputConfig['start'],
  isKnown: (one: Found) => boolean = () => false,
): Sighting[] {
  const [first] = found;
  // A file that nobody knows and that has no company, as ten thousand may be at the first look.
  if (known.length === 0 && found.length === 1 && first?.live) return [firstSight(first, false, undefined)];
  const sightings = new Map<Found, Sighting>();
  const matched = new Map<FileId, Found>();
  const refusals = new Map<Found, Refusal>();
  const newestFirst = [...found].reverse();
  const take = (one: Found, generation: Known, what: 'same' | 'copy', reason: string): void => {
    sightings.set(one, { found: one, file: generation.file, what, reason });
    matched.set(generation.file, one);
  };
  for (const one of newestFirst) {
    const twin = newestFirst.find((other) => other.dev === one.dev && other.ino === one.ino);
    if (twin && twin !== one) {
      sightings.set(one, { found: one, file: undefined, what: 'old', reason: `another name of ${twin.path}` });
      continue;
    }
    for (const generation of [...known].reverse()) {
      if (generation.clues.dev !== one.dev || generation.clues.ino !== one.ino || matched.has(generation.file))
        continue;
      const reason = refuted(generation, one);
      if (reason === undefined) take(one, generation, 'same', named(generation, one));
      // Of several that had this inode the youngest is meant: the others were truncated before it.
      else if (!refusals.has(one)) refusals.set(one, { reason, instead: generation.file });
      if (reason === undefined) break;
    }
  }
  const live = found.find((one) => one.live);
  for (const one of found) {
    if (sightings.has(one) || !isUnfinished(one, live)) continue;
    const { instead } = refusals.get(one) ?? {};
    const reason = `a copy of ${live?.path}, which is not truncated yet`;
    const old = { found: one, file: undefined, what: 'old', reason, unfinished: true } as const;
    sightings.set(one, { ...old, ...(instead !== undefined && { instead }) });
  }
  const refused = new Set([...refusals.values()].map(({ instead }) => instead));
  for (const one of newestFirst) {
    if (sightings.has(one)) continue;
    const generation = [...known]
      .reverse()
      .find((other) => !matched.has(other.file) && isCopy(other, one, other.ended || refused.has(other.file)));
    if (generation?.lost) {
      // What is counted as lost stays so, and is not given under the same name after all.
      matched.set(generation.file, one);
      const reason = `same content as inode ${generation.clues.ino} had, which was counted as lost before a byte of it was read`;
      sightings.set(one, { found: one, file: undefined, what: 'missed', reason, behind: generation.file });
    } else if (generation)
      take(one, generation, 'copy', `same content as inode ${generation.clues.ino} had, in another file`);
  }
  for (const one of found) {
    const packed = !sightings.has(one) && known.find((other) => !matched.has(other.file) && isPackedInto(other, one));
    if (!packed) continue;
    matched.set(packed.file, one);
    const reason = `inode ${packed.clues.ino} was packed into it, by its time of change`;
    sightings.set(one, { found: one, file: undefined, what: 'old', reason });
  }
  const isMissed = missedAfter(known, found, matched, start);
  const isBetween = gapsOf(known, found, matched);
  for (const [index, one] of found.entries()) {
    if (sightings.has(one)) continue;
    const missed = one.place !== undefined && (isMissed(one, index) || isBetween(index) || isKnown(one));
    sightings.set(one, firstSight(one, missed, refusals.get(one)));
  }
  return found.map((one) => sightings.get(one)!);
}

type Refusal = { readonly reason: string; readonly instead: FileId };

function firstSight(found: Found, missed: boolean, refusal: Refusal | undefined): Sighting {
  const give = (what: Sighting['what'], reason: string): Sighting => ({
    ...{ found, file: undefined, what, reason: refusal?.reason ?? reason },
    ...(refusal && { instead: refusal.instead }),
  });
  if (!found.live && !missed && !refusal) return give('old', 'older than what was seen of this chain first');
  if (!found.head()) return { ...give('unreadable', ''), reason: 'it cannot be read' };
  if (found.live) return give('new', 'never seen before');
  const sighting = give('missed', 'a generation that came and was rotated unseen');
  return refusal && !missed ? { ...sighting, behind: refusal.instead } : sighting;
}

/** Who is who, for the agent's own log. */
export const inWords = (sightings: readonly Sighting[]): string =>
  sightings.map((one) => `${one.found.path} is ${one.what} ${one.file ?? ''}(${one.reason})`).join('; ');
