/**
 * Where a walk begins in generations that it has not read in this run.
 */
import type { Checkpoint } from '../types.ts';
import type { Chain } from './chain-parts.ts';
import type { Gen } from './generation.ts';
import { BEGINNING, type LegParts, lastLineEnd } from './leg.ts';
import type { Registry } from './registry.ts';

type Parts = LegParts & { readonly destination: string; readonly registry: Registry };

export type Beginning = {
  checkpoint(gen: Gen): Checkpoint | undefined;
  /** Where the walk begins in a generation; undefined where it has no business with it. */
  initial(gen: Gen, gens: readonly Gen[]): Checkpoint | undefined;
  /** The first sight of a chain by this destination: `start` says where it begins, and that is written down. Throws as node:fs. */
  begin(chain: Chain, gens: readonly Gen[]): void;
};

export function createBeginning(parts: Parts): Beginning {
  const { destination, registry, input } = parts;
  const checkpoint = (gen: Gen): Checkpoint | undefined => registry.checkpoint(destination, gen.file);
  return {
    checkpoint,
    initial(gen, gens) {
      const own = checkpoint(gen);
      if (own) return own;
      // Rows are numbered in the order in which they were seen first, whatever their names say of their age.
      const before = gens.some((one) => one.file < gen.file && checkpoint(one) !== undefined);
      return before ? { file: gen.file, ...BEGINNING, skip: 0 } : undefined;
    },
    begin(chain, gens) {
      const first = input.start === 'oldest' ? gens[0] : chain.live();
      if (!first || gens.some(checkpoint)) return;
      const mark = input.start === 'end' && !chain.fresh() ? lastLineEnd(first, parts) : BEGINNING;
      registry.begin(destination, { file: first.file, ...mark, skip: mark.offset });
    },
  };
}
