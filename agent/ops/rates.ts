/** How fast things move, from samples of counters that only grow. Pure: time is handed in. */
import type { Count } from '../types.ts';

/** So far back a rate looks, ms. */
const SPAN = 10_000;
const NOTHING: Count = { lines: 0, bytes: 0 };

type Sample = { readonly at: number; readonly counts: ReadonlyMap<string, Count> };

export type Rates = {
  /** Takes note of all counters at `at` (ms on the monotonic clock). */
  note(at: number, counts: ReadonlyMap<string, Count>): void;
  /** The same where they are all as they were. */
  noteSame(at: number): void;
  /** Lines and bytes a second of one counter over the last ten seconds; nothing where it is not known long enough. */
  of(key: string): Count;
};

export function createRates(): Rates {
  const samples: Sample[] = [];

  function note(at: number, counts: ReadonlyMap<string, Count>): void {
    samples.push({ at, counts });
    // One sample that is older than the span stays: the rate covers all of it.
    while (samples.length > 2 && samples[1]!.at <= at - SPAN) samples.shift();
  }

  return {
    note,
    noteSame: (at) => note(at, samples.at(-1)?.counts ?? new Map()),
    of(key) {
      const last = samples.at(-1);
      const first = samples.find(({ counts }) => counts.has(key));
      const end = last?.counts.get(key);
      if (!last || !first || !end || last.at <= first.at) return NOTHING;
      const begin = first.counts.get(key)!;
      const perSecond = (unit: keyof Count) => Math.max(0, ((end[unit] - begin[unit]) * 1000) / (last.at - first.at));
      return { lines: perSecond('lines'), bytes: perSecond('bytes') };
    },
  };
}
