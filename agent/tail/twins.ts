/** Files that have a name of one chain and are read, or have been read, as a generation of another one. */
import type { Chain, ChainParts, Origin } from './chain-parts.ts';
import type { Stat } from './files.ts';

export type Twins = {
  /** As what another chain than `self` knows a file, and whether it reads it still. `first`: nothing is known yet of the own chain. */
  of(stat: Stat, self: Chain, first: boolean): { readonly origin: Origin; readonly isRead: boolean } | undefined;
  /** Whether a file with this inode number was found to be one. */
  has(ino: number): boolean;
};

export function createTwins({ path, owner: ownerOf, origins }: Pick<ChainParts, 'path' | 'owner' | 'origins'>): Twins {
  /** By inode number. Few chains have any. */
  let twins: Map<number, Origin> | undefined;
  return {
    of(stat, self, first) {
      const owner = ownerOf(stat);
      const gen = owner?.gens().find(({ clues }) => clues.ino === stat.ino && clues.dev === stat.dev);
      const known = twins?.get(stat.ino) ?? (owner ? undefined : origins.of(path, stat, first));
      const origin = owner && gen ? { file: gen.row.file, path: owner.path } : known;
      if (owner === self || !origin) {
        twins?.delete(stat.ino);
        return undefined;
      }
      twins ??= new Map();
      twins.set(stat.ino, origin);
      return { origin, isRead: owner !== undefined || origins.isRead(origin) };
    },
    has: (ino) => twins?.has(ino) === true,
  };
}
