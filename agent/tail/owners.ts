/**
 * Which chain reads a file, whatever name it was found under: within an input, so that a file under two names is read once, and
 * among inputs, of which each reads for itself.
 */
import type { Log } from '../types.ts';
import type { Chain } from './chain-parts.ts';
import type { Gen } from './generation.ts';

type Inode = { readonly dev: number; readonly ino: number };

export type Owners = {
  /** Takes note of a chain's files. */
  note(chain: Chain): void;
  /** The chain that has this file. */
  of(file: Inode): Chain | undefined;
};

/** `isKept` tells whether a chain is still one of the input; `told` hears of each file that is seen for the first time. */
export function createOwners(isKept: (chain: Chain) => boolean, told: (gen: Gen) => void): Owners {
  /** By device and inode number. An entry may be out of date, so the chain itself is asked. */
  const owners = new Map<number, Map<number, Chain>>();
  return {
    note(chain) {
      for (const gen of chain.gens()) {
        const { dev, ino } = gen.clues;
        if (gen.place === 'gone' || owners.get(dev)?.get(ino) === chain) continue;
        if (!owners.has(dev)) owners.set(dev, new Map());
        owners.get(dev)!.set(ino, chain);
        told(gen);
      }
    },
    of({ dev, ino }) {
      const chain = owners.get(dev)?.get(ino);
      return chain && isKept(chain) && chain.has({ dev, ino }) ? chain : undefined;
    },
  };
}

/** What several inputs read, so that it can be said where two read the same. */
export type Shared = {
  /** Takes part as an input; `reads` tells whether it reads a file. */
  join(input: string, reads: (file: Inode) => boolean): { saw(gen: Gen): void; leave(): void };
};

/** Says once for each pair of inputs that they read the same file, under whatever names. */
export function createShared(log: Log): Shared {
  const inputs = new Map<string, (file: Inode) => boolean>();
  const said = new Set<string>();
  return {
    join(input, reads) {
      inputs.set(input, reads);
      return {
        saw({ clues, path }) {
          for (const [other, hasToo] of inputs) {
            if (other === input || said.has(`${other}\n${input}`) || !hasToo(clues)) continue;
            said.add(`${other}\n${input}`).add(`${input}\n${other}`);
            log.warn('read-twice', sharedText(path, other, input), { input });
          }
        },
        leave() {
          if (inputs.get(input) === reads) inputs.delete(input);
        },
      };
    },
  };
}

/** The sentence that says that two inputs read one file. */
export const sharedText = (path: string, one: string, other: string): string =>
  `The inputs ${one} and ${other} both read ${path}: each of its lines is shipped twice`;
