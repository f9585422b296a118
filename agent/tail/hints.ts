/** Events of the file system, gathered: which chains they concern, and when these are read on and looked into. */
import path from 'node:path';
import type { Clock } from '../types.ts';
import type { Chain } from './chain-parts.ts';
import { chainOf } from './names.ts';

/** Hints are taken up at once, but not sooner than so many ms after the ones before; those that come meanwhile go together. */
const GATHER = 5;
/** A live file that is written to and nothing else is read on at every hint, and looked at no sooner than so many ms after the last look. */
const CALM = 100;

export type Hints = {
  /** Takes note that something may have happened to a path. `written`: nothing but a write, or a change of its size or times. */
  take(file: string, written?: boolean): void;
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
  /** Chains to look at: those that were read on since their hint, and those that were not yet. */
  const calm = new Set<Chain>();
  const hinted = new Set<Chain>();
  let all = false;
  /** Something else than a write may have happened. */
  let urgent = false;
  /** When hints were taken up last, when chains were looked at last, and when it is to be the next time. */
  let taken = Number.NEGATIVE_INFINITY;
  let looked = Number.NEGATIVE_INFINITY;
  let due = Number.POSITIVE_INFINITY;
  let cancel = () => {};

  function chainFor(file: string): Chain | undefined {
    const known = chains.get(file);
    if (known) return known;
    const directory = path.dirname(file);
    return chainOf(path.basename(file))
      .map((place) => chains.get(path.join(directory, place.chain)))
      .find((one) => one !== undefined);
  }

  function clear(): void {
    all = urgent = false;
    hinted.clear();
    calm.clear();
  }

  function plan(at: number): void {
    if (at === due) return;
    cancel();
    due = at;
    cancel = clock.after(Math.max(0, at - clock.ticks()), takeUp);
  }

  function lookInto(): void {
    cancel();
    due = Number.POSITIVE_INFINITY;
    looked = clock.ticks();
    // Where all was read on before, a look is no reason to let the next line wait.
    if (all || hinted.size > 0) taken = looked;
    look(all ? 'all' : [...calm, ...hinted]);
    clear();
  }

  function takeUp(): void {
    due = Number.POSITIVE_INFINITY;
    const now = clock.ticks();
    if (urgent || now >= looked + CALM || ![...hinted].every(readOn)) lookInto();
    else readSince(now);
  }

  function readSince(now: number): void {
    taken = now;
    for (const chain of hinted) calm.add(chain);
    hinted.clear();
    plan(urgent ? now : Math.max(now, looked + CALM));
  }

  return {
    take(file, written = false) {
      const chain = chainFor(file);
      if (chain) hinted.add(chain);
      else if (names(file)) all = true;
      else return;
      urgent ||= !written || chain?.path !== file;
      const now = clock.ticks();
      if (due <= Math.max(now, taken + GATHER)) return;
      if (now < taken + GATHER) plan(taken + GATHER);
      else if (chain?.path === file && readOn(chain)) readSince(now);
      else lookInto();
    },
    clear,
  };
}
