/**
 * How much of the disk deleted files may keep while they are read: their space comes back only when they are let go.
 */
import type { Clock, InputConfig } from '../types.ts';
import { formatDuration, formatSize } from '../wire/units.ts';
import type { Chain } from './chain-parts.ts';
import type { Gen } from './generation.ts';

export type Hold = {
  /** Lets deleted files go that are above `hold_age` or `hold_size`, the one that was deleted first before the others. */
  enforce(chains: Iterable<Chain>): void;
};

export function createHold(input: InputConfig, clock: Clock): Hold {
  /** Ticks at which a file was first seen to be deleted; in that order. */
  let since = new Map<Gen, number>();

  function held(chains: Iterable<Chain>): Map<Gen, Chain> {
    const all = new Map<Gen, Chain>();
    for (const chain of chains) {
      for (const gen of chain.gens()) if (gen.place === 'deleted' && gen.readers.length > 0) all.set(gen, chain);
    }
    return all;
  }

  return {
    enforce(chains) {
      if (input.holdSize === 0 && input.holdAge === 0) return;
      const all = held(chains);
      since = new Map([...since].filter(([gen]) => all.has(gen)));
      for (const gen of all.keys()) if (!since.has(gen)) since.set(gen, clock.ticks());
      let bytes = [...all.keys()].reduce((sum, gen) => sum + gen.size, 0);
      for (const [gen, from] of since) {
        const old = input.holdAge > 0 && clock.ticks() - from >= input.holdAge;
        const large = input.holdSize > 0 && bytes > input.holdSize;
        if (!old && !large) continue;
        const why = old
          ? `it was held for hold_age = ${formatDuration(input.holdAge)}`
          : `deleted files take ${formatSize(bytes)}, more than hold_size = ${formatSize(input.holdSize)}`;
        bytes -= gen.size;
        all.get(gen)?.release(gen, why);
      }
    },
  };
}
