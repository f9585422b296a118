import { characterEnd } from './characters.ts';

/**
 * Where lines end and characters begin in bulk bytes, by encoding. Pure; no line becomes an object.
 * Offsets are indices into `bytes`, whose first byte is the beginning of a character.
 */
export type Lines = {
  /** Bytes of one code unit, of which a newline takes one; or those of a record, where there are records instead of lines. */
  readonly unit: number;
  /** The index behind the first newline at or after `from`; -1 where there is none. */
  first(bytes: Buffer, from: number): number;
  /** The index behind the last newline that ends at or before `to`; -1 where there is none. */
  last(bytes: Buffer, to: number): number;
  /** The greatest index up to `to` that does not lie within a character. */
  character(bytes: Buffer, to: number): number;
  /** The index behind the first newline that a NUL follows; -1 where there is none. */
  hole(bytes: Buffer): number;
  /** The WHATWG name of the encoding; undefined for records. */
  readonly encoding: string | undefined;
};

const LF = 0x0a;

const single = (encoding: string, character: Lines['character']): Lines => ({
  encoding,
  unit: 1,
  // An index that was not found is -1, so that one more is 0: behind no newline at all.
  first: (bytes, from) => bytes.indexOf(LF, from) + 1 || -1,
  last: (bytes, to) => (to < 1 ? -1 : bytes.lastIndexOf(LF, to - 1) + 1 || -1),
  character,
  hole(bytes) {
    // Nearly always there is no NUL at all, which a search for the one byte tells in a fifth of the time.
    if (!bytes.includes(0)) return -1;
    const at = bytes.indexOf('\n\0', 0, 'latin1');
    return at < 0 ? -1 : at + 1;
  },
});

const utf8 = single('utf-8', (bytes, to) => {
  let at = to;
  while (at > to - 4 && at > 0 && at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at -= 1;
  return at < bytes.length && (bytes[at]! & 0xc0) === 0x80 ? to : at;
});

/** `low` is the place of the low byte in a code unit: 0 in little endian, 1 in big endian. */
const utf16 = (low: 0 | 1): Lines => {
  const isNewline = (bytes: Buffer, at: number): boolean =>
    at % 2 === low && at - low + 1 < bytes.length && bytes[at + 1 - 2 * low] === 0;
  return {
    encoding: low === 0 ? 'utf-16le' : 'utf-16be',
    unit: 2,
    first(bytes, from) {
      for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
        if (isNewline(bytes, at)) return at - low + 2;
      }
      return -1;
    },
    last(bytes, to) {
      for (
        let at = to < 1 ? -1 : bytes.lastIndexOf(LF, to - 1);
        at >= 0;
        at = at ? bytes.lastIndexOf(LF, at - 1) : -1
      ) {
        if (isNewline(bytes, at) && at - low + 2 <= to) return at - low + 2;
      }
      return -1;
    },
    character(bytes, to) {
      const even = to - (to % 2);
      const high = even >= 2 ? bytes[even - 1 - low]! : 0;
      return even >= 2 && high >= 0xd8 && high <= 0xdb ? even - 2 : even;
    },
    hole(bytes) {
      const pattern = low === 0 ? '\n\0\0\0' : '\0\n\0\0';
      let at = bytes.indexOf(pattern, 0, 'latin1');
      while (at % 2 === 1) at = bytes.indexOf(pattern, at + 1, 'latin1');
      return at < 0 ? -1 : at + 2;
    },
  };
};

const LITTLE = utf16(0);
const BIG = utf16(1);

/** Records of one length: where a newline would be looked for, a record ends at every multiple of it. */
const records = (size: number): Lines => ({
  encoding: undefined,
  unit: size,
  first(bytes, from) {
    const end = Math.floor(from / size) * size + size;
    return end > bytes.length ? -1 : end;
  },
  last: (_bytes, to) => (to < size ? -1 : Math.floor(to / size) * size),
  character: (_bytes, to) => Math.floor(to / size) * size,
  // Most records hold NUL bytes; one of nothing else is passed over as a hole.
  hole: () => -1,
});

/** The rules for a WHATWG encoding label, or for records of `record` bytes. Throws a RangeError where there is no such label. */
export function linesOf({
  encoding,
  record,
}: {
  readonly encoding: string;
  readonly record?: number | undefined;
}): Lines {
  if (record !== undefined) return records(record);
  const name = new TextDecoder(encoding).encoding;
  if (name === 'utf-16le') return LITTLE;
  if (name === 'utf-16be') return BIG;
  return name === 'utf-8' ? utf8 : single(name, characterEnd(name));
}

const MARKS = [
  [Buffer.of(0xef, 0xbb, 0xbf), utf8],
  [Buffer.of(0xff, 0xfe), LITTLE],
  [Buffer.of(0xfe, 0xff), BIG],
] as const;

/** The rules for a file that begins with `head`: a byte order mark says more than a label (WHATWG Encoding, section 6). */
export function linesFor(head: Buffer, lines: Lines): Lines {
  if (lines.encoding === undefined) return lines;
  return MARKS.find(([mark]) => head.subarray(0, mark.length).equals(mark))?.[1] ?? lines;
}

/** Bytes of the longest byte order mark. */
export const MARK_BYTES = 3;
