/** Saying that lines were dropped. */
import type { Clock, Log } from '../types.ts';
import type { Code } from '../wire/codes.ts';
import { formatSize } from '../wire/units.ts';

/** Drops are said at once, and then at most once in this time, in ms. */
const SAY_EVERY = 60_000;

/** Warns of dropped lines without flooding the log. `sentence` takes "N lines (SIZE) were dropped". */
export function createSaying(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  code: Code,
  sentence: (dropped: string) => string,
): (lines: number, bytes: number) => void {
  let lines = 0;
  let bytes = 0;
  let quiet = -Infinity;
  return (moreLines, moreBytes) => {
    lines += moreLines;
    bytes += moreBytes;
    if (clock.ticks() < quiet) return;
    log.warn(code, sentence(`${lines} lines (${formatSize(bytes)}) were dropped`));
    lines = 0;
    bytes = 0;
    quiet = clock.ticks() + SAY_EVERY;
  };
}
