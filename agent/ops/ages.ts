/**
 * Since when the byte at some offset of a file has stood there: from the sizes that the file was seen to have. What stood in it
 * before it was first seen is as old as its last change, at least.
 */

/** So many sizes of one file are remembered; of more, every second one is forgotten. */
const REMEMBERED = 256;

type Seen = { readonly size: number; readonly at: number };

/** `size`, in bytes, is undefined where it is not known. */
type Growth = { readonly gen: string; readonly size: number | undefined; readonly modified: number | undefined };

export type Ages = {
  /**
   * Takes note of the sizes of all files at `now` (ms since the epoch), of each as it is named first; a file that is not among them is
   * forgotten. True where `since` may say something else now.
   */
  note(now: number, files: Iterable<Growth>): boolean;
  /** When the byte at `offset` was first seen, ms since the epoch; undefined where the file was never seen so long. */
  since(gen: string, offset: number): number | undefined;
};

export function createAges(): Ages {
  let all = new Map<string, Seen[]>();
  return {
    note(now, files) {
      const kept = new Map<string, Seen[]>();
      let isNew = false;
      for (const { gen, size, modified } of files) {
        if (size === undefined || kept.has(gen)) continue;
        const known = all.get(gen);
        // A list of one is written as one: `push` would make room for seventeen.
        const seen = known ? thinned(known) : [{ size, at: Math.min(now, modified ?? now) }];
        kept.set(gen, seen);
        const last = seen.at(-1)!;
        isNew ||= known === undefined || size !== last.size;
        if (size > last.size) seen.push({ size, at: now });
        else if (size < last.size) seen.splice(0, seen.length, { size, at: now });
      }
      all = kept;
      return isNew;
    },
    since: (gen, offset) => all.get(gen)?.find(({ size }) => size > offset)?.at,
  };
}

function thinned(seen: Seen[]): Seen[] {
  return seen.length <= REMEMBERED ? seen : seen.filter((_, i) => i % 2 === 1 || i === seen.length - 1);
}
