/**
 * What a destination is told of a generation before its first chunk.
 */
import type { FileContext, FileId, InputConfig, Predecessor } from '../types.ts';
import type { Beginning } from './beginning.ts';
import type { Chain } from './chain-parts.ts';
import { type Leg, positionOf } from './leg.ts';

type Parts = { readonly input: InputConfig; readonly beginning: Beginning };

/** `legs` are all of the walk's legs in this chain; `offset` is where the first chunk begins. */
export function contextOf(leg: Leg, offset: number, legs: readonly Leg[], chain: Chain, parts: Parts): FileContext {
  const { file, gen, previous } = leg.gen.row;
  const after = predecessor(previous, legs, parts);
  return { file, gen, input: parts.input.name, path: chain.path, offset, skip: leg.skip, after };
}

function predecessor(previous: FileId | undefined, legs: readonly Leg[], parts: Parts): Predecessor | undefined {
  const before = legs.find((leg) => leg.gen.file === previous);
  if (!before) return undefined;
  const { file, gen } = before.gen.row;
  const settled = parts.beginning.checkpoint(before.gen);
  const end = Number.isFinite(positionOf(before)) ? positionOf(before) : 0;
  // Of an empty generation no record tells how far the one before it was read, so its successor does.
  if (end === 0) return predecessor(before.gen.row.previous, legs, parts);
  return { file, gen, end, skip: settled?.offset === end ? settled.skip : 0 };
}
