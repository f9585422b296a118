/**
 * How fast single files are settled by one destination. Of a file that stands still one number is remembered, for there may be ten thousand. Pure: time is
 * handed in.
 */

/** So far back a rate looks, ms. */
const SPAN = 10_000;

type Place = { readonly at: number; readonly settled: number };

export type Speeds = {
  /** Takes note of how far each file is settled at `at` (ms, monotonic); one that is not among them is forgotten. */
  note(at: number, files: Iterable<{ readonly gen: string; readonly settled: number }>): void;
  /** The same where they are all as they were, and nothing moves. */
  noteSame(at: number): void;
  /** Whether any file moved in the last ten seconds. */
  moves(): boolean;
  /** Bytes a second over the last ten seconds. */
  of(gen: string): number;
};

export function createSpeeds(): Speeds {
  let looked = 0;
  let last = new Map<string, number>();
  let moving = new Map<string, Place[]>();
  return {
    note(at, files) {
      const kept = new Map<string, number>();
      const stillMoving = new Map<string, Place[]>();
      for (const { gen, settled } of files) {
        const before = last.get(gen);
        kept.set(gen, settled);
        const places = moving.get(gen) ?? [];
        if (before !== undefined && settled > before) {
          if (places.length === 0) places.push({ at: looked, settled: before });
          places.push({ at, settled });
        }
        // One place that is older than the span stays: the rate covers all of it.
        while (places.length > 1 && places[1]!.at <= at - SPAN) places.shift();
        if (places.length > 1) stillMoving.set(gen, places);
      }
      looked = at;
      last = kept;
      moving = stillMoving;
    },
    noteSame(at) {
      looked = at;
    },
    moves: () => moving.size > 0,
    of(gen) {
      const places = moving.get(gen);
      if (places === undefined) return 0;
      const first = places[0]!;
      return ((places.at(-1)!.settled - first.settled) * 1000) / Math.max(1, looked - first.at);
    },
  };
}
