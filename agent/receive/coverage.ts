/** Which bytes of one generation have been seen: merged intervals, so that memory grows with the gaps and not with the records. */

/** How many intervals are kept; at twice that many the gaps between the lowest ones are summed up and forgotten. */
const KEPT_INTERVALS = 50_000;

/** What a piece was: `new`, all of it unseen before; `repeat`, all of it seen before; `overlap`, some of each. */
type Novelty = 'new' | 'repeat' | 'overlap';

export type Coverage = {
  /** Takes the bytes from `start` up to `end`, which is above `start`. */
  add(start: number, end: number): Novelty;
  /** The lowest byte seen, and the index behind the highest; both 0 while nothing was. */
  first(): number;
  end(): number;
  /** What lies unseen between `first` and `end`, in order. */
  gaps(): { readonly from: number; readonly to: number }[];
  /** Gaps that are no longer told apart, because there were too many of them. */
  forgotten(): { readonly gaps: number; readonly bytes: number };
};

export function createCoverage(keep = KEPT_INTERVALS): Coverage {
  /** Start and end of each interval in turn, in order; no two of them touch. */
  const edges: number[] = [];
  let forgottenGaps = 0;
  let forgottenBytes = 0;

  /** The index in `edges` of the first interval that ends at or behind `place`. */
  function search(place: number): number {
    let low = 0;
    let high = edges.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (edges[middle * 2 + 1]! < place) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }

  function insert(start: number, end: number): Novelty {
    const index = search(start);
    if (index < edges.length && edges[index]! <= start && edges[index + 1]! >= end) return 'repeat';
    let behind = index;
    let novelty: Novelty = 'new';
    while (behind < edges.length && edges[behind]! <= end) {
      if (edges[behind]! < end && edges[behind + 1]! > start) novelty = 'overlap';
      behind += 2;
    }
    const from = behind > index ? Math.min(start, edges[index]!) : start;
    const to = behind > index ? Math.max(end, edges[behind - 1]!) : end;
    edges.splice(index, behind - index, from, to);
    return novelty;
  }

  function forget(): void {
    for (let i = 2; i <= keep * 2; i += 2) {
      forgottenGaps += 1;
      forgottenBytes += edges[i]! - edges[i - 1]!;
    }
    edges.splice(1, keep * 2);
  }

  return {
    add(start, end) {
      const last = edges.length - 1;
      // Nearly every piece begins where the one before ended.
      if (last > 0 && edges[last] === start) {
        edges[last] = end;
        return 'new';
      }
      const novelty = insert(start, end);
      if (edges.length > keep * 4) forget();
      return novelty;
    },
    first: () => edges[0] ?? 0,
    end: () => edges.at(-1) ?? 0,
    gaps() {
      const list: { from: number; to: number }[] = [];
      for (let i = 2; i < edges.length; i += 2) list.push({ from: edges[i - 1]!, to: edges[i]! });
      return list;
    },
    forgotten: () => ({ gaps: forgottenGaps, bytes: forgottenBytes }),
  };
}
