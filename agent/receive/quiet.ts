/** The moment for which a listener that closes goes on taking what is still coming in. */
import { setImmediate as pollOnce } from 'node:timers/promises';
import type { Clock } from '../types.ts';

/**
 * Resolves when nothing has come for `quiet` ms, when `grace` ms have passed, or when `over` holds. `last` tells when something
 * last came, in ticks of `clock`.
 */
export async function untilQuiet(parts: {
  readonly clock: Clock;
  readonly quiet: number;
  readonly grace: number;
  readonly last: () => number;
  readonly over: () => boolean;
}): Promise<void> {
  const { clock, quiet, grace, last, over } = parts;
  const begun = clock.ticks();
  for (;;) {
    // What came while the process was held up elsewhere is read first; then the clock may judge.
    await pollOnce();
    const now = clock.ticks();
    if (over() || now - Math.max(begun, last()) >= quiet || now - begun >= grace) return;
    await new Promise<void>((resolve) => clock.after(quiet / 2, resolve));
    await pollOnce();
  }
}
