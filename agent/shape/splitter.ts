/** Chunks that are not lines of UTF-8, taken apart into lines all the same: lines in other encodings, and binary records. */
import type { Chunk, InputConfig } from '../types.ts';
import { linesOf } from '../wire/lines.ts';
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

export type Splitters = {
  /** What takes this chunk apart; undefined for lines of UTF-8, which need none. Throws a RangeError where there is no such encoding. */
  of(chunk: Pick<Chunk, 'encoding'>): Splitter | undefined;
  /** Lines so far of which something could not be decoded. */
  invalid(): number;
};

export function createSplitters({
  encoding: usual,
  transform,
}: Pick<InputConfig, 'encoding' | 'transform'>): Splitters {
  const size = recordBytes(transform.pattern);
  const records = size === undefined ? undefined : recordSplitter(size);
  const made = new Map<string, Splitter>();
  return {
    of({ encoding = usual }) {
      if (records || encoding === 'utf-8') return records;
      const found = made.get(encoding) ?? lineSplitter(encoding);
      made.set(encoding, found);
      return found;
    },
    invalid: () => [...made.values()].reduce((sum, one) => sum + one.invalid(), 0),
  };
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
  const lines = linesOf({ encoding });
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
    end(bytes, from) {
      const end = lines.first(bytes, from);
      return end < 0 ? bytes.length : end;
    },
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
