/** Chunks that are not lines of UTF-8, taken apart into lines all the same: lines in other encodings, and binary records. */
import type { InputConfig } from '../types.ts';
import { recordBytes } from './pattern.ts';
import { utmpLine } from './utmp.ts';

export type Splitter = {
  /** The index behind the line or record that begins at `from`; the end where it is cut off there. */
  end(bytes: Buffer, from: number): number;
  /**
   * The text of the bytes from `from` up to `to`, without what ends the line; '' where there is none. `first`: they are the file's
   * first. What cannot be decoded becomes U+FFFD.
   */
  text(bytes: Buffer, from: number, to: number, first: boolean): string;
  /** Lines so far of which something could not be decoded. */
  invalid(): number;
};

const LF = 0x0a;

/** Undefined for lines of UTF-8, which need none. Throws a RangeError where there is no such encoding. */
export function createSplitter({ encoding: label, transform }: InputConfig): Splitter | undefined {
  const size = recordBytes(transform.pattern);
  if (size !== undefined) return recordSplitter(size);
  const { encoding } = new TextDecoder(label);
  return encoding === 'utf-8' ? undefined : lineSplitter(encoding);
}

/** Each record is taken as the line that shows it. */
function recordSplitter(size: number): Splitter {
  return {
    end: (bytes, from) => Math.min(from + size, bytes.length),
    text: (bytes, from) => utmpLine(bytes, from) ?? '',
    invalid: () => 0,
  };
}

function lineSplitter(encoding: string): Splitter {
  // A byte order mark is text anywhere but at the beginning of a file.
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const strict = new TextDecoder(encoding, { ignoreBOM: true, fatal: true });
  let invalid = 0;

  function isWhole(bytes: Uint8Array): boolean {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  }

  return {
    end: encoding.startsWith('utf-16')
      ? (bytes, from) => endOfWide(bytes, from, Number(encoding === 'utf-16be'))
      : endOfLine,
    text(bytes, from, to, first) {
      const slice = bytes.subarray(from, to);
      const text = decoder.decode(slice);
      // U+FFFD may have been written in the line itself.
      if (text.includes('\ufffd') && !isWhole(slice)) invalid += 1;
      return text.replace(first ? /^\ufeff|\r?\n?$/g : /\r?\n?$/, '');
    },
    invalid: () => invalid,
  };
}

/** In every encoding of the standard but UTF-16 the byte of LF stands for nothing else. */
function endOfLine(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(LF, from);
  return at < 0 ? bytes.length : at + 1;
}

/** `low` is the place of the low byte in a code unit. A chunk begins at a code unit. */
function endOfWide(bytes: Buffer, from: number, low: number): number {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (at % 2 === low && bytes[at + 1 - 2 * low] === 0) return at - low + 2;
  }
  return bytes.length;
}
