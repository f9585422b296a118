/**
 * One generation as one walk reads it.
 */
import type { Checkpoint, Clock, InputConfig } from '../types.ts';
import { CLUE_BYTES, clue } from '../wire/clue.ts';
import { linesFor, MARK_BYTES } from '../wire/lines.ts';
import type { Files } from './files.ts';
import type { Gen, Handles } from './generation.ts';
import { createGunzipSource } from './gunzip.ts';
import { Harvester } from './harvester.ts';
import type { HarvesterParts, Source } from './harvester-parts.ts';
import type { Mark } from './rotation-parts.ts';

export type LegParts = {
  readonly input: InputConfig;
  /** Read what is there at the start, and no more. */
  readonly once: boolean;
  readonly files: Files;
  readonly clock: Clock;
  readonly handles: Handles;
  readonly harvesters: HarvesterParts;
};

export type Leg = {
  readonly gen: Gen;
  /** Where it goes on while no harvester is open; offset Infinity where the walk has no business with it. */
  at: Mark;
  /** Bytes passed over just before that place. */
  skip: number;
  harvester: Harvester | undefined;
  /** What the open harvester takes the file for. */
  packed: string | undefined;
  started: boolean;
  done: boolean;
  /** True once the walk was told of it. */
  opened: boolean;
  /** The generation's version at which nothing more was to be read; -1 where there may be more. */
  idleAt: number;
  /** True where an unfinished line stands at its end. */
  held: boolean;
  /** Ticks since when that line holds a successor back. */
  heldSince: number | undefined;
  /** Not read beyond this offset once it is reached; undefined where it is read as far as it goes. */
  readonly limit: number | undefined;
};

/** The beginning of a generation. */
export const BEGINNING: Mark = { offset: 0, clue: clue(new Uint8Array()) };

/** Where a leg stands in which the walk has no business. */
const NOWHERE: Mark = { offset: Infinity, clue: '' };

/** A leg that goes on from a checkpoint; without one it is none of the walk's business. All that begin at the beginning share that. */
export const createLeg = (gen: Gen, from: Checkpoint | undefined, limit: number | undefined): Leg => ({
  gen,
  at: from?.offset === 0 ? BEGINNING : (from ?? NOWHERE),
  skip: from?.skip ?? 0,
  harvester: undefined,
  packed: gen.packed,
  started: false,
  done: from === undefined || gen.place === 'gone',
  opened: false,
  idleAt: -1,
  held: false,
  heldSince: undefined,
  limit,
});

export const positionOf = (leg: Leg): number => leg.harvester?.position() ?? leg.at.offset;

/** Whether nothing more of it is to be read at all. */
export const isAtLimit = (leg: Leg): boolean => leg.limit !== undefined && positionOf(leg) >= leg.limit;

/** Whether nothing more is to be read of it, until it moves. */
export const isDrained = (leg: Leg): boolean =>
  leg.done || isAtLimit(leg) || (leg.idleAt === leg.gen.version && !leg.held);

/** Ticks at which an unfinished last line counts as finished; Infinity where its newline may still come. */
export function dueLine({ gen, heldSince }: Leg, { once, input }: Pick<LegParts, 'once' | 'input'>): number {
  if (once || gen.packed !== undefined) return 0;
  if (heldSince !== undefined) return heldSince + input.closeAfter;
  return gen.place === 'deleted' ? gen.quietSince + input.closeAfter : Infinity;
}

/** Whether bytes came after a leg was over: its file grew, or was packed meanwhile and the archive holds more. */
export function grewSince(leg: Leg): boolean {
  const { gen } = leg;
  if (gen.place === 'gone' || gen.size <= leg.at.offset) return false;
  return gen.packed === undefined || leg.packed !== gen.packed;
}

/** Closes a leg's harvester; it goes on from its position when it is read again. */
export function rest(leg: Leg): void {
  if (leg.harvester) leg.at = leg.harvester.mark();
  leg.harvester?.close();
  leg.harvester = undefined;
}

/** The bytes of a generation as they stand in its file. */
class FileSource implements Source {
  private readonly parts: LegParts;
  private readonly gen: Gen;

  constructor(parts: LegParts, gen: Gen) {
    this.parts = parts;
    this.gen = gen;
  }

  read(into: Uint8Array, position: number): number {
    return this.parts.files.read(this.parts.handles.fd(this.gen), into, position);
  }

  close(): void {}
}

/** The leg's harvester, opened where need be: anew where the file was packed meanwhile. `wake` is called when unpacked bytes have come. */
export function harvesterOf(leg: Leg, parts: LegParts, wake: () => void): Harvester {
  const { gen } = leg;
  if (leg.harvester && leg.packed !== gen.packed) rest(leg);
  leg.packed = gen.packed;
  if (leg.harvester) return leg.harvester;
  const plain = new FileSource(parts, gen);
  const source =
    gen.packed === undefined ? plain : createGunzipSource({ read: (into, at) => plain.read(into, at), wake });
  leg.harvester = new Harvester(parts.harvesters, gen, source, leg.at);
  return leg.harvester;
}

/** Behind the last newline of a file, so that no half line is passed over. Throws as node:fs does. */
export function lastLineEnd(gen: Gen, { files, handles, harvesters, input }: LegParts): Mark {
  const head = Buffer.alloc(MARK_BYTES);
  files.read(handles.fd(gen), head, 0);
  const lines = linesFor(head, harvesters.lines);
  const from = Math.max(0, gen.size - input.maxLine);
  const aligned = from - (from % lines.unit);
  const bytes = Buffer.alloc(gen.size - aligned);
  const got = files.read(handles.fd(gen), bytes, aligned);
  const end = lines.last(bytes.subarray(0, got), got);
  const offset = end > 0 ? aligned + end : from === 0 ? 0 : aligned + got;
  const before = Buffer.alloc(Math.min(CLUE_BYTES, offset));
  files.read(handles.fd(gen), before, offset - before.length);
  return { offset, clue: clue(before) };
}
