import { gunzipSync, constants as zlib } from 'node:zlib';
import type { Clues } from '../types.ts';
import { CLUE_BYTES, clue, HEAD_BYTES } from '../wire/clue.ts';
import type { Files, Stat } from './files.ts';

/** Enough compressed bytes to hold the head, few enough that even the densest archive stays small when unpacked. */
const PACKED_HEAD = 8192;

/**
 * The first bytes of an open file, at most HEAD_BYTES; of an archive its first unpacked bytes. NUL bytes at the end of them do not
 * count: they may be space that was set aside and is written to later. Throws as `read` does.
 */
export function readHead(files: Files, fd: number, packed: boolean): Buffer {
  const bytes = Buffer.allocUnsafe(packed ? PACKED_HEAD : HEAD_BYTES);
  const got = bytes.subarray(0, files.read(fd, bytes, 0));
  const head = packed ? unpacked(got) : got;
  let end = head.length;
  while (end > 0 && head[end - 1] === 0) end -= 1;
  return head.subarray(0, end);
}

function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, HEAD_BYTES);
  } catch {
    return Buffer.alloc(0);
  }
}

/** A gzip archive ends with its unpacked size in 32 bits (RFC 1952 2.3.1). */
const WRAP = 2 ** 32;

/** The unpacked size of a gzip archive of `size` bytes, near `expected` or above; undefined where it is cut short. */
export function unpackedSize(files: Files, fd: number, size: number, expected: number): number | undefined {
  const bytes = Buffer.alloc(4);
  if (size < 18 || files.read(fd, bytes, size - 4) < 4) return undefined;
  const least = bytes.readUInt32LE();
  return least + WRAP * Math.max(0, Math.round((expected - least) / WRAP));
}

/** The clues of a file whose head is `head`. */
export const cluesOf = (stat: Stat, head: Uint8Array): Clues => ({
  dev: stat.dev,
  ino: stat.ino,
  birth: stat.birth,
  headBytes: head.length,
  head: clue(head),
});

/** Of files below this size, in bytes, the first bytes are kept in memory, not their hash alone. */
export const SMALL = 16 * 1024;

/** The head of a small file as latin1. */
export const startOf = (stat: Stat, head: Uint8Array): string | undefined =>
  stat.size < SMALL ? Buffer.from(head).toString('latin1') : undefined;

/**
 * Whether a file that was not held open meanwhile may still be the one with these clues: an inode number is given again after a
 * deletion.
 */
export const sameInode = (clues: Clues, stat: Stat): boolean =>
  stat.dev === clues.dev &&
  stat.ino === clues.ino &&
  (stat.birth === clues.birth || stat.birth === 0 || clues.birth === 0);

/** Whether a file that begins with `head` may be the one with these clues. A shorter file is never the same. */
export const sameHead = (clues: Clues, head: Uint8Array): boolean =>
  head.length >= clues.headBytes && clue(head.subarray(0, clues.headBytes)) === clues.head;

/** The clue at the beginning of a file. */
export const CLUE_OF_NOTHING = clue(new Uint8Array());

/** The clue of nothing but NUL bytes. */
export const CLUE_OF_NULS = clue(Buffer.alloc(CLUE_BYTES));

/** The clue of the bytes just before `offset` of an open plain file; undefined where it is shorter than that. */
export function clueBefore(files: Files, fd: number, offset: number): string | undefined {
  const length = Math.min(CLUE_BYTES, offset);
  const bytes = Buffer.allocUnsafe(length);
  return files.read(fd, bytes, offset - length) === length ? clue(bytes) : undefined;
}

/** Archives are unpacked in memory for a clue up to this size, in bytes. */
const UNPACKED_FOR_CLUE = 128 * 1024 * 1024;

/**
 * As `clueBefore`, of a gzip archive of `size` bytes: it is unpacked whole. Undefined where it is shorter, or larger than is
 * unpacked for that. Throws as node:fs and node:zlib do.
 */
export function unpackedClueBefore(files: Files, fd: number, size: number, offset: number): string | undefined {
  if (size > UNPACKED_FOR_CLUE || offset > UNPACKED_FOR_CLUE) return undefined;
  const packed = Buffer.alloc(size);
  const got = files.read(fd, packed, 0);
  const bytes = gunzipSync(packed.subarray(0, got), {
    finishFlush: zlib.Z_SYNC_FLUSH,
    maxOutputLength: UNPACKED_FOR_CLUE,
  });
  return bytes.length < offset ? undefined : clue(bytes.subarray(Math.max(0, offset - CLUE_BYTES), offset));
}
