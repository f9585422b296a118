/** The last lines that the pattern did not match, for whoever wants to look at some. One of a chunk at most: it is a sample. */
import type { Chunk } from '../types.ts';

const KEPT = 8;
/** Characters of a line that are kept. */
const LONGEST = 500;

export type Sample = {
  /** `wide`: the line is text; else each of its characters is one byte of UTF-8. */
  note(chunk: Chunk, line: string, wide: boolean): void;
  /** Notes a line that was taken as a sample elsewhere, too. */
  add(line: string): void;
  /** The newest last. Another list as soon as there is a new one. */
  lines(): readonly string[];
};

export function createSample(): Sample {
  let kept: readonly string[] = [];
  let last: Chunk['bytes'] | undefined;

  function add(line: string): void {
    kept = [...kept, line].slice(-KEPT);
  }

  return {
    add,
    note({ bytes }, line, wide) {
      if (bytes === last) return;
      last = bytes;
      // A copy, for a piece of a string keeps all of it.
      add(Buffer.from(line.slice(0, LONGEST), wide ? 'utf8' : 'latin1').toString());
    },
    lines: () => kept,
  };
}
