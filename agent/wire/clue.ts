import { hash } from 'node:crypto';

/** How many bytes before an offset are hashed with each checkpoint, and read again at every read. */
export const CLUE_BYTES = 256;
/** How many bytes of a file's head are hashed at most to know it again. */
export const HEAD_BYTES = 1024;

// Not a slice of the hash's text, which would keep the whole of it.
const digest = (bytes: Uint8Array): string => hash('sha1', bytes, 'buffer').toString('hex', 0, 16);

/** What is asked for at the beginning of every file. */
const NOTHING = digest(new Uint8Array());

/**
 * A short name for some bytes: the first 16 bytes of their SHA-1, in hex. It tells files apart that differ by accident;
 * it is no defence against someone who wants two files to look alike. No bytes at all give a fixed value as well.
 */
export function clue(bytes: Uint8Array): string {
  return bytes.length === 0 ? NOTHING : digest(bytes);
}
