/**
 * Where a file comes from that gets a name of this input while another chain reads it, or has read it: a hard link, or a file renamed
 * within a glob. It is read on under its new name from where it was read to.
 */
import type { Clock, FileId, Generation, Log } from '../types.ts';
import type { Chain, Origins } from './chain-parts.ts';
import { sameInode } from './fingerprint.ts';
import type { Gen } from './generation.ts';
import type { Registry } from './registry.ts';
import type { InnerWalk } from './walk.ts';

export type OriginsParts = {
  readonly input: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  chains(): Iterable<Chain>;
  walks(): readonly InnerWalk[];
  /** True until every chain was looked at once. */
  isFirst(): boolean;
};

/** A file that is younger than this, in ms, when its chain is seen first, was made there and comes from nowhere. */
const YOUNG = 10_000;

const key = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string => `${dev}:${ino}`;

export function createOrigins({ input, clock, log, registry, ...parts }: OriginsParts): Origins & { forget(): void } {
  /** The youngest row of each file, for one look. */
  let rows: Map<string, Generation> | undefined;

  function genOf(file: FileId): { chain: Chain; gen: Gen } | undefined {
    for (const chain of parts.chains()) {
      const gen = chain.gens().find((one) => one.file === file);
      if (gen) return { chain, gen };
    }
    return undefined;
  }

  return {
    isFirst: parts.isFirst,
    of(path, stat, first) {
      const age = clock.now() - stat.birth;
      if (!parts.isFirst() && !(first && (age < 0 || age > YOUNG))) return undefined;
      rows ??= new Map(registry.generations(input).map((row) => [key(row.clues), row]));
      const row = rows.get(key(stat));
      return row && row.chain !== path && sameInode(row.clues, stat) ? { file: row.file, path: row.chain } : undefined;
    },
    isRead({ file }) {
      if (parts.isFirst()) return true;
      const known = genOf(file);
      if (!known) return false;
      const { chain, gen } = known;
      const isSettled = (walk: InnerWalk): boolean =>
        (walk.mark(chain, gen)?.offset ?? 0) === (registry.checkpoint(walk.destination, file)?.offset ?? 0);
      return gen.readers.length > 0 || !parts.walks().every(isSettled);
    },
    goOn({ file, path }, row, found) {
      for (const destination of new Set(parts.walks().map((walk) => walk.destination))) {
        const mark = registry.checkpoint(destination, file);
        if (!mark || mark.offset === 0 || found.clue(mark.offset) !== mark.clue) continue;
        registry.begin(destination, { ...mark, file: row.file, skip: mark.offset });
        const from = `goes on behind byte ${mark.offset}, up to which it was read as ${path}`;
        log.info(`${found.path} ${from}`, { input });
      }
    },
    goesOn({ clues, row }) {
      for (const chain of parts.chains()) if (chain.path !== row.chain && chain.bears(clues)) return true;
      return false;
    },
    forget() {
      rows = undefined;
    },
  };
}
