/** How far the saving of a damaged spool is. It takes about half a minute a GiB, in which nothing else can happen. */
import type { Clock, Log } from '../types.ts';
import { formatSize } from '../wire/units.ts';

/** How often it is told, ms. */
const SAY_EVERY = 5_000;

/** Gives what is to be told the bytes of every row that was looked at, of `size` in all. */
export function tellSaving(
  size: number,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): (bytes: number) => void {
  let saved = 0;
  let due = clock.ticks() + SAY_EVERY;
  return (bytes) => {
    saved += bytes;
    if (clock.ticks() < due) return;
    due = clock.ticks() + SAY_EVERY;
    log.info(
      `The spool is damaged, and what can be read of it is being saved: ${formatSize(saved)} of ${formatSize(size)} so far. Until then nothing is shipped.`,
    );
  };
}
