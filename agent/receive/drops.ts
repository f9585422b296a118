/** What the sender says that it dropped by a stated policy, and what of the gaps that explains. */
import type { DropNotice } from '../wire/notice.ts';

/** A part of what would be a gap, had the sender not told of it. `why`: by which policy. */
export type Dropped = { readonly from: number; readonly to: number; readonly why: string };

/** How far a generation had been read at least, and the HOSTNAME of the sender. */
type Reach = { readonly upTo: number; readonly host: string };

export type Drops = {
  take(notice: DropNotice, host: string): void;
  /** By generation. */
  reach(): ReadonlyMap<string, Reach>;
  /** Takes gaps apart into what was dropped and what is left of them. */
  explain<Gap extends Pick<Dropped, 'from' | 'to'>>(
    gen: string,
    gaps: readonly Gap[],
  ): { gaps: Gap[]; dropped: Dropped[] };
};

export function createDrops(): Drops {
  const told = new Map<string, Map<string, Dropped>>();
  const reach = new Map<string, Reach>();

  return {
    take({ gen, from, bytes, why }, host) {
      const ranges = told.get(gen) ?? new Map<string, Dropped>();
      told.set(gen, ranges.set(`${from} ${bytes} ${why}`, { from, to: from + bytes, why }));
      if ((reach.get(gen)?.upTo ?? -1) < from + bytes) reach.set(gen, { upTo: from + bytes, host });
    },
    reach: () => reach,
    explain(gen, gaps) {
      const ranges = [...(told.get(gen)?.values() ?? [])].sort((a, b) => a.from - b.from);
      if (ranges.length === 0) return { gaps: [...gaps], dropped: [] };
      const dropped: Dropped[] = [];
      const left = gaps.flatMap((gap) => {
        const rest: (typeof gap)[] = [];
        let at = gap.from;
        for (const { from, to, why } of ranges) {
          const [start, stop] = [Math.max(at, from), Math.min(gap.to, to)];
          if (stop <= start) continue;
          if (start > at) rest.push({ ...gap, from: at, to: start });
          dropped.push({ from: start, to: stop, why });
          at = stop;
        }
        return at < gap.to ? [...rest, { ...gap, from: at }] : rest;
      });
      return { gaps: left, dropped };
    },
  };
}
