import { hash } from 'node:crypto';

/** How many bytes before an offset are hashed with each checkpoint, and read again at every read. */
export const CLUE_BYTES = 256;
/** How many bytes of a file's head are hashed at most to know it again. */
export const HEAD_BYTES = 1024;

// Not a slice of the hash's text, which would keep the whole of it.
const digest = (bytes: Uint8Array): string => hash('sha1', bytes, 'buffer').toString('hex', 0, 16);

/** What is asked for at the beginning of every file. */
const NOTHING = digest(new Uint8Array());

/** The bytes before an offset that were asked for last: whoever reads a chunk and whoever shapes it ask for the same. */
const asked = Buffer.alloc(CLUE_BYTES);
let length = 0;
let answer = NOTHING;

/**
 * A short name for some bytes: the first 16 bytes of their SHA-1, in hex. It tells files apart that differ by accident;
 * it is no defence against someone who wants two files to look alike. No bytes at all give a fixed value as well.
 */
export function clue(bytes: Uint8Array): string {
  if (bytes.length === 0) return NOTHING;
  if (bytes.length > CLUE_BYTES) return digest(bytes);
  if (bytes.length !== length || asked.compare(bytes, 0, length, 0, length) !== 0) {
    asked.set(bytes);
    length = bytes.length;
    answer = digest(bytes);
  }
  return answer;
}
