/** The newest records as they were sent, kept for whoever looks: a few of each batch, copied as bytes and read only when asked for. */
import type { Batch } from '../types.ts';

/** So many of a batch, and so many in all. */
const OF_A_BATCH = 6;
const KEPT = 24;
/** Longer records are shown up to here, bytes. */
const LONGEST = 2_000;

export type Recent = {
  note(batch: Batch, now: number): void;
  /** The newest last. */
  records(): readonly { readonly at: number; readonly text: string }[];
};

export function createRecent(): Recent {
  const kept: { at: number; bytes: Buffer }[] = [];
  return {
    note({ payload, ends }, now) {
      for (let i = Math.max(0, ends.length - OF_A_BATCH); i < ends.length; i++) {
        const start = i === 0 ? 0 : ends[i - 1]! + 1;
        kept.push({ at: now, bytes: Buffer.from(payload.subarray(start, Math.min(ends[i]!, start + LONGEST))) });
      }
      if (kept.length > KEPT) kept.splice(0, kept.length - KEPT);
    },
    records: () => kept.map(({ at, bytes }) => ({ at, text: bytes.toString() })),
  };
}
