/** The identity element on the hot path, as bytes: what `writeElement` of element.ts gives as text. */
import { type Memory, memoryOf, type Piece, pieceOf, putBytes, putDecimal, putDigits, putPiece, SPILL } from './put.ts';

export type ElementBytes = {
  /** Goes over to another generation, whose elements begin with `start`. */
  enter(start: string): void;
  /**
   * Writes the element of the bytes from `offset` to `offset + len`, behind `skip` bytes that were passed over. Gives the index behind
   * it.
   */
  put(out: Memory, at: number, offset: number, len: number, skip: number): number;
};

/** Offsets grow slowly from record to record, so all digits but the last four are seldom others. */
const LAST = 4;
const STEP = 10 ** LAST;
/** Digits of the largest offset. */
const DIGITS = 16;
/** Lines of up to so many bytes have the end of their element ready. */
const COMMON = 1024;
const LEN = pieceOf('" len="');
const SKIP = pieceOf('" skip="');
const END = pieceOf('"]');

export function createElementBytes(): ElementBytes {
  /** What all elements of the generation begin with, and behind it the digits before the last ones of an offset. */
  let start = '';
  let head = memoryOf(Buffer.alloc(0));
  let length = 0;
  let high = -1;
  const ends: (Piece | undefined)[] = new Array(COMMON).fill(undefined);

  function learn(digits: number): void {
    high = digits;
    length = start.length;
    if (digits > 0) length = putDecimal(head.bytes, length, digits);
  }

  return {
    enter(text) {
      start = text;
      const room = text.length + DIGITS + SPILL;
      if (head.bytes.length < room) head = memoryOf(Buffer.alloc(room));
      head.bytes.write(text, 'latin1');
      high = -1;
    },
    put(out, begin, offset, len, skip) {
      const digits = Math.floor(offset / STEP);
      if (digits !== high) learn(digits);
      let at = putBytes(out, begin, head, 0, length);
      at = digits > 0 ? putDigits(out.bytes, at, offset - digits * STEP, LAST) : putDecimal(out.bytes, at, offset);
      if (skip === 0 && len < COMMON) {
        ends[len] ??= pieceOf(`" len="${len}"]`);
        return putPiece(out, at, ends[len]!);
      }
      at = putDecimal(out.bytes, putPiece(out, at, LEN), len);
      if (skip > 0) at = putDecimal(out.bytes, putPiece(out, at, SKIP), skip);
      return putPiece(out, at, END);
    },
  };
}
