/** How a server comes to know of what was dropped before it was sent. */
import type { Batch, Clock, Sent } from '../types.ts';
import type { Fitting } from './fitting.ts';
import type { Reserve } from './reserve.ts';
import type { Space } from './space.ts';
import type { Transactions } from './transactions.ts';
import type { DroppedRange, Untold } from './untold.ts';

/** How often a server is told, in ms, and of how many ranges at once: a batch of about 64 KiB. */
const TELL_EVERY = 10_000;
const TELL_RANGES = 256;

export type Telling = {
  /**
   * Puts into the spool what `write` makes of ranges that were dropped and that the server does not know of; undefined: it is not to be
   * told. Every 10 s at most, and only where there is room, so that nothing is dropped for it. False when nothing was told.
   */
  tellDropped(destination: string, write: (ranges: readonly DroppedRange[]) => Batch | undefined): boolean;
};

type Parts = Pick<Fitting, 'pagesOf'> & {
  readonly clock: Clock;
  readonly tx: Transactions;
  readonly untold: Untold;
  readonly reserve: Pick<Reserve, 'scarce'>;
  readonly space: Pick<Space, 'fits'>;
  readonly insert: (destination: string, sent: Sent) => void;
};

export function createTelling({ clock, tx, untold, reserve, space, pagesOf, insert }: Parts): Telling {
  const next = new Map<string, number>();
  return {
    tellDropped(destination, write) {
      if (!untold.waits(destination) || clock.ticks() < (next.get(destination) ?? -Infinity)) return false;
      next.set(destination, clock.ticks() + TELL_EVERY);
      return tx.run('spool into', () => {
        const ranges = untold.first(destination, TELL_RANGES);
        const batch = write(ranges);
        if (batch !== undefined) {
          const sent: Sent = { batch, row: undefined, again: false };
          if (reserve.scarce() || !space.fits(pagesOf(sent))) return false;
          insert(destination, sent);
        }
        untold.told(destination, ranges);
        return true;
      });
    },
  };
}
