/**
 * What a destination is told of a generation before its first chunk.
 */
import type { Checkpoint, FileContext, FileId, InputConfig, Predecessor } from '../types.ts';
import type { Chain } from './chain-parts.ts';
import type { Gen } from './generation.ts';
import { type Leg, positionOf } from './leg.ts';

type Parts = {
  readonly chain: Chain;
  readonly input: InputConfig;
  checkpoint(gen: Gen): Checkpoint | undefined;
};

/** `legs` are all of the walk's legs in this chain; `offset` is where the first chunk begins. */
export function contextOf(leg: Leg, offset: number, legs: readonly Leg[], parts: Parts): FileContext {
  const { file, gen, previous } = leg.gen.row;
  const after = predecessor(previous, legs, parts);
  return { file, gen, input: parts.input.name, path: parts.chain.path, offset, skip: leg.skip, after };
}

function predecessor(previous: FileId | undefined, legs: readonly Leg[], parts: Parts): Predecessor | undefined {
  const before = legs.find((leg) => leg.gen.row.file === previous);
  if (!before) return undefined;
  const { file, gen } = before.gen.row;
  const settled = parts.checkpoint(before.gen);
  const end = Number.isFinite(positionOf(before)) ? positionOf(before) : 0;
  // Of an empty generation no record tells how far the one before it was read, so its successor does.
  if (end === 0) return predecessor(before.gen.row.previous, legs, parts);
  return { file, gen, end, skip: settled?.offset === end ? settled.skip : 0 };
}
