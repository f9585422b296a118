/** How much of the file a batch takes as a row, and what of a list can never be kept. */
import type { Batch, Sent, SpoolConfig } from '../types.ts';
import type { Packed } from './packing.ts';
import type { Space } from './space.ts';

type Parts = {
  readonly config: Pick<SpoolConfig, 'full'>;
  readonly space: Space;
  readonly packed: (batch: Batch) => Packed;
};

export type Fitting = {
  /** Pages that it takes as a row. A row is written already, and a batch without messages or one that is done needs none: 0. */
  pagesOf(sent: Sent): number;
  /**
   * What of a list cannot be kept: what is too large for any spool, and with drop-oldest the oldest of a list that is. The
   * spool is empty of all else by then.
   */
  leftOut(sent: readonly Sent[]): ReadonlySet<Sent>;
};

export function createFitting({ config, space, packed }: Parts): Fitting {
  function pagesOf({ batch, row, done }: Sent): number {
    if (row !== undefined || batch.ends.length === 0 || done) return 0;
    return space.pages(packed(batch).payload.length + batch.ends.byteLength);
  }

  function leftOut(sent: readonly Sent[]): ReadonlySet<Sent> {
    const left = new Set(sent.filter((one) => !space.canEverFit(pagesOf(one))));
    if (config.full !== 'drop-oldest') return left;
    let total = 0;
    for (const one of sent.toReversed()) {
      if (left.has(one) || pagesOf(one) === 0) continue;
      total += pagesOf(one);
      if (!space.couldFit(total)) left.add(one);
    }
    return left;
  }

  return { pagesOf, leftOut };
}
