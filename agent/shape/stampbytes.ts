/** Timestamps on the hot path: from the bytes of a time as written to those of its TIMESTAMP. */
import type { Timestamps } from './time.ts';

export type StampBytes = {
  /** The TIMESTAMP of the time in the bytes from `from` up to `to`, as Timestamps.written. Good until the next call. */
  written(bytes: Buffer, from: number, to: number, modified: number): Uint8Array | undefined;
  /** The TIMESTAMP of an instant, ms. */
  instant(ms: number): Uint8Array;
};

const ZERO = 0x30;
const NINE = 0x39;
/** No time is longer; and nothing is remembered of one. */
const LONGEST = 64;

export function createStampBytes(timestamps: Timestamps): StampBytes {
  /** The time read last, and its stamp. */
  const text = Buffer.alloc(LONGEST);
  let length = -1;
  let year = Number.NaN;
  let stamp: Uint8Array | undefined;
  /** Its digits from `start` to `end` may differ up to `limit` in the first one: they stand in the stamp at `at`. */
  let start = 0;
  let end = 0;
  let at = 0;
  let limit = 0;
  let now = Number.NaN;
  let nowStamp: Uint8Array = text;

  /** Whether the time is the one that was read last, or differs from it in those digits only: they are then put in their place. */
  function patch(bytes: Buffer, from: number): boolean {
    for (let i = 0; i < start; i += 1) if (bytes[from + i] !== text[i]) return false;
    for (let i = end; i < length; i += 1) if (bytes[from + i] !== text[i]) return false;
    if (start === end) return true;
    if (bytes[from + start]! > limit) return false;
    for (let i = start; i < end; i += 1) if (bytes[from + i]! < ZERO || bytes[from + i]! > NINE) return false;
    for (let i = start; i < end; i += 1) stamp![at + i - start] = bytes[from + i]!;
    return true;
  }

  function read(bytes: Buffer, from: number, to: number, modified: number): void {
    const written = timestamps.written(bytes.toString('latin1', from, to), modified);
    stamp = written === undefined ? undefined : Buffer.from(written, 'latin1');
    length = -1;
    if (to - from > LONGEST) return;
    length = bytes.copy(text, 0, from, to);
    year = modified;
    ({ start, end, at, limit } = (stamp && timestamps.changing()) ?? { start: length, end: length, at: 0, limit: 0 });
  }

  return {
    written(bytes, from, to, modified) {
      if (to - from !== length || modified !== year || !patch(bytes, from)) read(bytes, from, to, modified);
      return stamp;
    },
    instant(ms) {
      if (ms !== now) {
        now = ms;
        nowStamp = Buffer.from(timestamps.instant(ms), 'latin1');
      }
      return nowStamp;
    },
  };
}
