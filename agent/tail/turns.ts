/**
 * Which chains a round looks at: one that moves, or waits for something, in every round. Of those at rest, in folders whose events are
 * sure to come, some in each round, in turn: so ten thousand cost little, and an event that was lost is made up for.
 */
import path from 'node:path';
import type { Clock } from '../types.ts';
import type { Chain } from './chain-parts.ts';
import type { Files } from './files.ts';
import type { Gen } from './generation.ts';

/** A chain that was quiet for so long, in ms, is at rest. */
const QUIET = 10_000;
/** One at rest is looked at so often at least, in ms. */
const SLOWEST = 10_000;
/** So many at rest are looked at in every round; with fewer files than that all are. */
const EACH_ROUND = 200;
/** Of so many it is asked in one round whether they may come to rest. */
const ASK_EACH_ROUND = 1000;
/** A file by way of a link stays one for so long, in ms. */
const ASK_AGAIN = 60_000;

export type TurnsParts = {
  /** All chains by their live paths, in the order in which they came. */
  readonly chains: ReadonlyMap<string, Chain>;
  readonly files: Files;
  readonly clock: Clock;
  /** Time from one round to the next, ms. */
  readonly poll: number;
  /** Whether events tell of what happens in a folder. */
  hears(directory: string): boolean;
  /** Whether no destination has anything left to read in a generation. */
  isRead(chain: Chain, gen: Gen): boolean;
  /** Told of each chain that comes to rest. */
  rests(chain: Chain): void;
};

export type Turns = {
  /** Takes note that something happened to a chain, or that it is new. */
  moved(chain: Chain): void;
  forget(chain: Chain): void;
  /** The chains that may change without an event. */
  restless(): Iterable<Chain>;
  /** The chains that are due in this round. */
  due(): readonly Chain[];
};

export function createTurns(parts: TurnsParts): Turns {
  const { chains, files, clock } = parts;
  const restless = new Set<Chain>();
  const askAgain = new Map<Chain, number>();
  let ring = chains.values();
  let turn: Chain[] = [];
  /** What was asked of the folders in this round. */
  const heard = new Map<string, boolean>();

  function hears(directory: string): boolean {
    const known = heard.get(directory);
    if (known !== undefined) return known;
    const now = parts.hears(directory);
    heard.set(directory, now);
    return now;
  }

  /** Whether events would tell of anything that happens to a chain now. */
  function isHeard(chain: Chain): boolean {
    if (!chain.live() || chain.trouble() !== undefined || chain.alias() !== undefined) return false;
    return hears(path.dirname(chain.path));
  }

  function isQuiet(chain: Chain): boolean {
    const live = chain.live();
    if (!live || clock.ticks() - live.quietSince < QUIET || !isHeard(chain)) return false;
    return parts.isRead(chain, live) && !chain.gens().some((gen) => gen !== live && gen.readers.length > 0);
  }

  /** What is written by way of a link, or under another name, gives no event in this folder. */
  function isPlain(file: string): boolean {
    try {
      return files.real(file) === file && files.stat(file)?.links === 1;
    } catch {
      return false;
    }
  }

  /** Puts those to rest that are quiet. To ask the file system takes longer than a look, so not all are asked in the same round. */
  function putToRest(): void {
    let asked = 0;
    for (const chain of restless) {
      if (asked >= ASK_EACH_ROUND) return;
      if (clock.ticks() < (askAgain.get(chain) ?? 0) || !isQuiet(chain)) continue;
      asked += 1;
      if (isPlain(chain.path)) {
        restless.delete(chain);
        parts.rests(chain);
      } else askAgain.set(chain, clock.ticks() + ASK_AGAIN);
    }
  }

  function next(): Chain | undefined {
    const { done, value } = ring.next();
    if (!done) return value;
    ring = chains.values();
    return ring.next().value;
  }

  return {
    moved: (chain) => void restless.add(chain),
    forget(chain) {
      restless.delete(chain);
      askAgain.delete(chain);
    },
    restless: () => restless,
    due() {
      heard.clear();
      for (const chain of turn) if (chains.get(chain.path) === chain && !isHeard(chain)) restless.add(chain);
      putToRest();
      turn = [];
      const most = Math.min(chains.size, Math.max(EACH_ROUND, Math.ceil((chains.size * parts.poll) / SLOWEST)));
      for (let n = 0; n < most; n += 1) {
        const chain = next();
        if (chain && !restless.has(chain)) turn.push(chain);
      }
      return [...restless, ...turn];
    },
  };
}
