/**
 * Which lines go the short way: those that are a record by themselves, of which nothing has to be kept. With `unmatched = join` that is
 * a line that begins a record where the one behind it begins another.
 */
import type { Chunk, TransformConfig } from '../types.ts';
import type { DirectWriter } from './direct.ts';
import type { FileState } from './files.ts';
import type { Joiner } from './join.ts';
import type { Marks } from './sieve.ts';
import type { Tallying } from './tally.ts';
import type { Text } from './text.ts';

export type ShortWay = {
  /** A chunk is next, with the marks of its bytes. */
  load(chunk: Chunk, marks: Marks): void;
  /**
   * Takes the line whose end is the mark at `mark`: its text from `begin` up to `to`, its bytes from `from` up to `next`. False: it has to
   * go the long way, and nothing was done that would be otherwise on that.
   */
  take(state: FileState, mark: number, begin: number, to: number, from: number, next: number): boolean;
};

const CR = 0x0d;

type Parts = {
  readonly direct: DirectWriter;
  readonly policy: TransformConfig['unmatched'];
  readonly text: Text;
  readonly joiner: Joiner;
  readonly tally: Tallying;
};

export function createShortWay({ direct, policy, text, joiner, tally }: Parts): ShortWay {
  let chunk: Chunk;
  let marks: Marks;
  /** The line that was looked at ahead begins here; whether a record begins with it. */
  let ahead = -1;
  let begins = false;

  /** Whether the line is a record by itself; the one that waits before it is then complete. */
  function standsAlone(state: FileState, mark: number, begin: number, to: number, next: number): boolean {
    const { bytes } = chunk;
    if (next === bytes.length || !(ahead === begin ? begins : direct.matches(bytes, begin, to))) return false;
    ahead = next;
    const end = lineEnd(bytes, next, marks[mark + 2]!);
    begins = end > next && direct.matches(bytes, next, end);
    if (begins) joiner.end(state);
    return begins;
  }

  return {
    load(next, itsMarks) {
      chunk = next;
      marks = itsMarks;
      ahead = -1;
    },
    take(state, mark, begin, to, from, next) {
      if (!text.valid() || (chunk.cut && next === chunk.bytes.length)) return false;
      // A piece of a line waits for its end, which may be this one.
      if ((state.carries ?? state).held?.goesOn !== undefined) return false;
      if (policy === 'join' && !standsAlone(state, mark, begin, to, next)) return false;
      const outcome = direct.write(state, chunk, begin, to, from, next, marks[mark + 1]!);
      if (outcome === 'no') return false;
      tally[outcome](1, next - from);
      if (outcome !== 'sent') state.skip += next - from;
      return true;
    },
  };
}

/** Where the text of a line ends that begins at `begin` and whose LF stands at `lf`. */
export function lineEnd(bytes: Buffer, begin: number, lf: number): number {
  return lf > begin && bytes[lf - 1] === CR ? lf - 1 : lf;
}
