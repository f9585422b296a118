/** Files that have a name of one chain and are read, or have been read, as a generation of another one. */
import type { Chain, Origin, Origins } from './chain-parts.ts';
import type { Stat } from './files.ts';

export type Twins = {
  /** As what another chain than `self` knows a file, and whether it reads it still. `first`: nothing is known yet of the own chain. */
  of(stat: Stat, self: Chain, first: boolean): { readonly origin: Origin; readonly isRead: boolean } | undefined;
  /** Whether a file with this inode number was found to be one, under a name of this chain. */
  has(self: Chain, ino: number): boolean;
};

/** `ownerOf` gives the chain of the input that has a file. */
export function createTwins(ownerOf: (stat: Stat) => Chain | undefined, origins: Origins): Twins {
  /** By inode number, of the few chains that have any. */
  const all = new WeakMap<Chain, Map<number, Origin>>();
  return {
    of(stat, self, first) {
      const owner = ownerOf(stat);
      const gen = owner?.gens().find(({ clues }) => clues.ino === stat.ino && clues.dev === stat.dev);
      const twins = all.get(self);
      const known = twins?.get(stat.ino) ?? (owner ? undefined : origins.of(self.path, stat, first));
      const origin = owner && gen ? { file: gen.file, path: owner.path } : known;
      if (owner === self || !origin) {
        twins?.delete(stat.ino);
        return undefined;
      }
      if (twins) twins.set(stat.ino, origin);
      else all.set(self, new Map([[stat.ino, origin]]));
      return { origin, isRead: owner !== undefined || origins.isRead(origin) };
    },
    has: (self, ino) => all.get(self)?.has(ino) === true,
  };
}
