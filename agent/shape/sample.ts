/** The last lines that the pattern did not match, for whoever wants to look at some. One of a chunk at most: it is a sample. */
import type { Chunk } from '../types.ts';

const KEPT = 8;
/** Characters of a line that are kept. */
const LONGEST = 500;

export type Sample = {
  /** `wide`: the line is text; else each of its characters is one byte of UTF-8. */
  note(chunk: Chunk, line: string, wide: boolean): void;
  /** The newest last. */
  lines(): readonly string[];
};

export function createSample(): Sample {
  const kept: string[] = [];
  let last: Chunk['bytes'] | undefined;
  return {
    note({ bytes }, line, wide) {
      if (bytes === last) return;
      last = bytes;
      // A copy, for a piece of a string keeps all of it.
      kept.push(Buffer.from(line.slice(0, LONGEST), wide ? 'utf8' : 'latin1').toString());
      if (kept.length > KEPT) kept.shift();
    },
    lines: () => [...kept],
  };
}
