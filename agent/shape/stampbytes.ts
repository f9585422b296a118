/** Timestamps on the hot path: from the bytes of a time as written to those of its TIMESTAMP. */
import { type Memory, memoryOf, type Piece, pieceOf, sameBytes } from './put.ts';
import type { Changing, Span, Timestamps } from './time.ts';

export type StampBytes = {
  /** The TIMESTAMP of the time in the bytes from `from` up to `to`, as Timestamps.written. Good until the next call. */
  written(line: Memory, from: number, to: number, modified: number): Piece | undefined;
  /** The TIMESTAMP of an instant, ms. */
  instant(ms: number): Piece;
};

const ZERO = 0x30;
const NINE = 0x39;
/** No time is longer; and nothing is remembered of one. */
const LONGEST = 64;

export function createStampBytes(timestamps: Timestamps): StampBytes {
  /** The time read last, and its stamp. */
  const text = memoryOf(Buffer.alloc(LONGEST));
  let length = -1;
  /** With which times of change of the file it is the same. */
  let within: Span = { from: Number.NaN, to: Number.NaN };
  let stamp: Piece | undefined;
  /** Which of its digits may differ. */
  let changing: Changing | undefined;
  let now = Number.NaN;
  let nowStamp = pieceOf('');

  function isSame(line: Memory, from: number, start: number, end: number): boolean {
    return sameBytes(line, from + start, text, start, end - start);
  }

  /** Whether the time is the one that was read last, or differs from it in those digits only: they are then put in their place. */
  function patch(line: Memory, from: number): boolean {
    if (!changing) return isSame(line, from, 0, length);
    const { start, end, shown, at, limit } = changing;
    const { bytes } = line;
    if (!isSame(line, from, end, length) || bytes[from + start]! > limit) return false;
    for (let i = start; i < end; i += 1) if (bytes[from + i]! < ZERO || bytes[from + i]! > NINE) return false;
    if (!isSame(line, from, 0, start) && !patchMinute(line, from, changing)) return false;
    const { bytes: out } = stamp!;
    for (let i = start; i < shown; i += 1) out[at + i - start] = bytes[from + i]!;
    return true;
  }

  /** The same for the minute, of which only that is the same which stands around it up to the digits that may change anyway. */
  function patchMinute(line: Memory, from: number, { start, minute, minuteAt }: Changing): boolean {
    if (!isSame(line, from, 0, minute) || !isSame(line, from, minute + 2, start)) return false;
    if (quarterAt(line.bytes, from + minute) !== quarterAt(text.bytes, minute)) return false;
    for (let i = 0; i < 2; i += 1) {
      const digit = line.bytes[from + minute + i]!;
      text.bytes[minute + i] = digit;
      stamp!.bytes[minuteAt + i] = digit;
    }
    return true;
  }

  function read({ bytes }: Memory, from: number, to: number, modified: number): void {
    const written = timestamps.written(bytes.toString('latin1', from, to), modified);
    stamp = written === undefined ? undefined : pieceOf(written);
    length = -1;
    if (to - from > LONGEST) return;
    length = bytes.copy(text.bytes, 0, from, to);
    within = timestamps.sameWithin();
    changing = stamp && timestamps.changing();
  }

  return {
    written(line, from, to, modified) {
      const known = to - from === length && modified >= within.from && modified <= within.to;
      if (!known || !patch(line, from)) read(line, from, to, modified);
      return stamp;
    },
    instant(ms) {
      if (ms !== now) {
        now = ms;
        nowStamp = pieceOf(timestamps.instant(ms));
      }
      return nowStamp;
    },
  };
}

/** Which quarter of an hour the two digits of a minute belong to; none where they are no such digits. No zone changes within one. */
function quarterAt(bytes: Buffer, at: number): number | undefined {
  const [tens, ones] = [bytes[at]! - ZERO, bytes[at + 1]! - ZERO];
  if (tens < 0 || tens > 5 || ones < 0 || ones > 9) return undefined;
  return Math.floor((10 * tens + ones) / 15);
}
