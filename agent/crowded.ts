/** While the spool is full and the files wait, rotation goes on: what it may delete unread is said before it does. */
import type { House, Walk } from './walk.ts';
import { formatSize } from './wire/units.ts';

/** Gives a look, to be taken now and then, that warns once of each generation that was rotated away unread from a full spool. */
export function createCrowdedLook({ parts: { log } }: House): (walks: readonly Walk[]) => void {
  const told = new Set<string>();
  return (walks) => {
    for (const { full, destination, inputs } of walks) {
      if (!full) continue;
      for (const { path, chain, gen, behind } of inputs.flatMap(({ tail }) => tail.status())) {
        const key = `${destination.name} ${gen}`;
        if (path === chain || behind === 0 || gen === undefined || told.has(key)) continue;
        told.add(key);
        log.warn(
          'rotated-unread',
          `${path} was rotated away with ${formatSize(behind)} unread, because the spool is full. If rotation deletes it before the server takes something, they may be lost. Bring the server back, raise [spool] max_size, or let rotation keep more files.`,
          { destination: destination.name },
        );
      }
    }
  };
}
