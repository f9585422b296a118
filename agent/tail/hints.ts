/** Events of the file system, gathered: which chains they concern, and when these are read on and looked into. */
import path from 'node:path';
import type { Clock } from '../types.ts';
import type { Chain } from './chain-parts.ts';
import { chainOf } from './names.ts';

/**
 * A hint is looked into at once, or right after the file was read on, but not sooner than so many ms after the one before; those
 * that come meanwhile go together.
 */
const GATHER = 5;

export type Hints = {
  /** Takes note that something may have happened to a path. */
  take(file: string): void;
  /** To be called when everything was looked at. */
  clear(): void;
};

export type HintsParts = {
  readonly clock: Clock;
  readonly chains: ReadonlyMap<string, Chain>;
  /** Whether the input names this path. */
  names(file: string): boolean;
  /** Lets the live file be read on; false where it has to be looked at first. */
  readOn(chain: Chain): boolean;
  /** Looks into some chains, or into everything where a path is not known yet. */
  look(chains: readonly Chain[] | 'all'): void;
};

export function createHints({ clock, chains, names, readOn, look }: HintsParts): Hints {
  const hinted = new Set<Chain>();
  let all = false;
  let gathering = false;
  let looked = Number.NEGATIVE_INFINITY;

  function chainFor(file: string): Chain | undefined {
    const known = chains.get(file);
    if (known) return known;
    const directory = path.dirname(file);
    return chainOf(path.basename(file))
      .map((place) => chains.get(path.join(directory, place.chain)))
      .find((one) => one !== undefined);
  }

  function clear(): void {
    all = false;
    hinted.clear();
  }

  function lookInto(): void {
    gathering = false;
    looked = clock.ticks();
    look(all ? 'all' : [...hinted]);
    clear();
  }

  return {
    take(file) {
      const chain = chainFor(file);
      if (chain) hinted.add(chain);
      else if (names(file)) all = true;
      else return;
      if (gathering) return;
      const rest = looked + GATHER - clock.ticks();
      gathering = rest > 0 || (chain?.path === file && readOn(chain));
      if (gathering) clock.after(Math.max(0, rest), lookInto);
      else lookInto();
    },
    clear,
  };
}
