import { isAscii, isUtf8 } from 'node:buffer';
import { free } from '../wire/free.ts';

/**
 * The lines of a chunk as strings. Where it gives the same result, a character stands for one byte (a "narrow" string): V8 makes,
 * matches and writes such strings faster, and their length is their size. Else they are text, decoded from UTF-8 ("wide").
 */
export type Text = {
  /** Takes the chunk that the other functions are about. */
  load(bytes: Buffer): void;
  /** Whether the chunk is UTF-8. */
  valid(): boolean;
  /** Whether the chunk's strings are wide. */
  wide(): boolean;
  /** The bytes from `from` up to `to`. What is not UTF-8 becomes U+FFFD, in wide strings only: others hold none. */
  slice(from: number, to: number, wide: boolean): string;
  /** Whether nothing up to `to` needs an escape, `special` being the first byte for which JSON demands one. */
  clean(special: number, to: number): boolean;
  /** Lines so far that were not UTF-8. */
  invalid(): number;
};

/**
 * `bytewise`: pattern and format give the same when they see UTF-8 byte by byte. `ascii`: they do so at least where all bytes are
 * ASCII. `escapesAll`: the format escapes all that is not ASCII.
 */
export function createText(parts: {
  readonly bytewise: boolean;
  readonly ascii: boolean;
  readonly escapesAll: boolean;
}): Text {
  let bytes: Buffer = Buffer.alloc(0);
  let valid = true;
  let wide = false;
  let invalid = 0;

  return {
    load(loaded) {
      bytes = loaded;
      const ascii = isAscii(bytes);
      valid = ascii || isUtf8(bytes);
      wide = !(ascii ? parts.ascii : valid && parts.bytewise && !parts.escapesAll);
    },
    valid: () => valid,
    wide: () => wide,
    slice(from, to, asText) {
      if (!asText) return bytes.toString('latin1', from, to);
      const text = bytes.toString('utf8', from, to);
      // U+FFFD may have been written in the line itself.
      if (!valid && text.includes('\ufffd') && !isUtf8(bytes.subarray(from, to))) invalid += 1;
      return text;
    },
    clean: (special, to) => special >= to && !(wide && parts.escapesAll),
    invalid: () => invalid,
  };
}

/** The text of a narrow string. The result keeps no larger string alive. */
export function widen(narrow: string): string {
  const bytes = Buffer.from(narrow, 'latin1');
  const text = bytes.toString('utf8');
  free(bytes);
  return text;
}

/** The same text in memory of its own: a piece of a string keeps the whole of it, be that a line of a MiB. */
export function copied(piece: string): string {
  const how = piece.isWellFormed() ? 'utf8' : 'utf16le';
  return Buffer.from(piece, how).toString(how);
}
