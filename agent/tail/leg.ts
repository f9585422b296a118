/**
 * One generation as one walk reads it.
 */
import type { Checkpoint, Clock, InputConfig } from '../types.ts';
import { CLUE_BYTES, clue } from '../wire/clue.ts';
import { type Lines, linesFor, MARK_BYTES } from '../wire/lines.ts';
import type { Files } from './files.ts';
import type { Gen, Handles } from './generation.ts';
import { createGunzipSource } from './gunzip.ts';
import { createHarvester, type Harvester, type Source } from './harvester.ts';
import type { ReadSpace } from './readspace.ts';
import type { Mark } from './rotation-parts.ts';

export type LegParts = {
  readonly input: InputConfig;
  readonly files: Files;
  readonly clock: Clock;
  readonly handles: Handles;
  readonly lines: Lines;
  /** Bytes that one read asks for at most, as long as a line fits in them; 256 KiB where not given. */
  readonly largest?: number | undefined;
  /** Where chunks are read to; a chunk is then good until the next one is asked for, from whatever tail that reads there. */
  readonly space?: ReadSpace | undefined;
  /** Called when unpacked bytes have come. */
  wake(): void;
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
  /** Not read beyond this offset once it is reached. */
  readonly limit: number;
};

/** The beginning of a generation. */
export const BEGINNING: Mark = { offset: 0, clue: clue(new Uint8Array()) };

/** A leg that goes on from a checkpoint; without one it is none of the walk's business. */
export const createLeg = (gen: Gen, from: Checkpoint | undefined, limit: number): Leg => ({
  gen,
  at: from ?? { offset: Infinity, clue: '' },
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

function sourceOf(gen: Gen, { files, handles, wake }: LegParts): Source {
  const read = (into: Uint8Array, at: number): number => files.read(handles.fd(gen), into, at);
  return gen.packed === undefined ? { read, close() {} } : createGunzipSource({ read, wake });
}

/** The leg's harvester, opened where need be: anew where the file was packed meanwhile. */
export function harvesterOf(leg: Leg, parts: LegParts): Harvester {
  const { gen } = leg;
  if (leg.harvester && leg.packed !== gen.packed) rest(leg);
  leg.packed = gen.packed;
  leg.harvester ??= createHarvester({
    input: parts.input.name,
    file: gen.row.file,
    clock: parts.clock,
    maxLine: parts.input.maxLine,
    lines: parts.lines,
    largest: parts.largest,
    space: parts.space,
    source: sourceOf(gen, parts),
    from: leg.at,
    clues: () => gen.clues,
    modified: () => gen.modified,
  });
  return leg.harvester;
}

/** Behind the last newline of a file, so that no half line is passed over. Throws as node:fs does. */
export function lastLineEnd(gen: Gen, { files, handles, lines: rules, input }: LegParts): Mark {
  const head = Buffer.alloc(MARK_BYTES);
  files.read(handles.fd(gen), head, 0);
  const lines = linesFor(head, rules);
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
