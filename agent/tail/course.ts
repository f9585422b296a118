/**
 * One chain as one walk goes through it: a leg for every generation, oldest first. A leg starts when all before it are drained;
 * legs that have started are read in turns, so that a late writer of the old file and the new file are both followed.
 */
import type { Chunk, FileContext, FileId } from '../types.ts';
import { createAlarm } from './alarm.ts';
import { createBeginning } from './beginning.ts';
import type { Chain } from './chain-parts.ts';
import { contextOf } from './context.ts';
import { Elsewhere, type Gen } from './generation.ts';
import { createLeg, grewSince, harvesterOf, type Leg, type LegParts, positionOf, rest } from './leg.ts';
import type { Registry } from './registry.ts';
import type { Mark } from './rotation-parts.ts';

export type CourseParts = LegParts & {
  readonly destination: string;
  readonly chain: Chain;
  readonly registry: Registry;
  readonly once: boolean;
  /** True once the first look at the files is over. */
  started(): boolean;
  opened(context: FileContext): void;
  closed(file: FileId): void;
  /** Called when a step may give something again: a wait is over, or unpacked bytes have come. */
  wake(): void;
};

export type Course = {
  readonly chain: Chain;
  /** Takes note of new generations; cheap where there are none. */
  sync(): void;
  /** The next chunk; `again` after work without a chunk; undefined where there is nothing to do until `wake` or a change. */
  step(leaving: boolean): Chunk | 'again' | undefined;
  /** Whether a generation that is no longer the live file may have something to read. */
  leaving(): boolean;
  /** Whether every generation was read to the end that it had when it was first seen. */
  finished(): boolean;
  legs(): readonly Leg[];
  /** The offset from which this walk still has to read `gen`; undefined where it has not. */
  unread(gen: Gen): number | undefined;
  /** How far this walk has read `gen`. */
  mark(gen: Gen): Mark | undefined;
  close(): void;
};

export function createCourse(parts: CourseParts): Course {
  const { destination, chain, input, clock, handles } = parts;
  let legs: Leg[] = [];
  let seen: readonly Gen[] | undefined;
  let last: Leg | undefined;
  const alarm = createAlarm(clock, parts.wake);

  const { checkpoint, initial, begin } = createBeginning(parts);
  const legOf = (gen: Gen): Leg | undefined => legs.find((leg) => leg.gen === gen);

  function sync(): void {
    const gens = chain.gens();
    if (gens === seen) return;
    seen = gens;
    try {
      if (legs.every((leg) => leg.at.offset === Infinity)) begin(gens);
    } catch (error) {
      seen = undefined;
      chain.failed(gens.at(-1)!, error);
      alarm.set(input.poll);
      return;
    }
    legs = gens.map((gen) => legOf(gen) ?? create(gen, gens));
    // A generation that was found late between others goes first all the same.
    const unread = legs.findIndex((leg) => !leg.started && !leg.done);
    if (unread >= 0) for (const leg of legs.slice(unread)) leg.started = false;
  }

  /** With `once` a generation is read to the end that it had at the start, and none that came later. */
  function limitOf(gen: Gen): number {
    if (!parts.once) return Infinity;
    if (parts.started()) return 0;
    return gen.packed === undefined ? gen.size : Infinity;
  }

  function create(gen: Gen, gens: readonly Gen[]): Leg {
    const leg = createLeg(gen, initial(gen, gens), limitOf(gen));
    if (!leg.done) gen.readers.add(destination);
    return leg;
  }

  function finish(leg: Leg): void {
    rest(leg);
    leg.done = true;
    leg.gen.readers.delete(destination);
    if (leg.gen.readers.size === 0 && leg.gen.place !== 'live') handles.drop(leg.gen);
    if (leg.opened) parts.closed(leg.gen.row.file);
    leg.opened = false;
  }

  /** Bytes that came after a generation was let go are read too, once all before them is settled. */
  function reopen(leg: Leg): void {
    const { gen } = leg;
    if (parts.once || !grewSince(leg)) return;
    const settled = checkpoint(gen) ?? { offset: 0, skip: 0 };
    if (settled.offset !== leg.at.offset) {
      alarm.set(input.poll);
      return;
    }
    const fresh = { idleAt: -1, held: false, heldSince: undefined };
    Object.assign(leg, { done: false, started: true, skip: settled.skip, ...fresh });
    gen.readers.add(destination);
  }

  const succeeded = (leg: Leg): boolean => legs.at(-1) !== leg;
  const drained = (leg: Leg): boolean =>
    leg.done || positionOf(leg) >= leg.limit || (leg.idleAt === leg.gen.version && !leg.held);

  /** Ticks at which an unfinished last line counts as finished; Infinity where its newline may still come. */
  function dueLine(leg: Leg): number {
    if (parts.once || leg.gen.packed !== undefined) return 0;
    if (leg.heldSince !== undefined) return leg.heldSince + input.closeAfter;
    return leg.gen.place === 'deleted' ? leg.gen.quietSince + input.closeAfter : Infinity;
  }

  /** Lets a generation go that is read to its end and quiet, or arranges to come back when it may be. */
  function letGo(leg: Leg): void {
    const { gen } = leg;
    if (leg.held && succeeded(leg)) leg.heldSince ??= clock.ticks();
    const follows = parts.once || gen.place === 'live' || (gen.place === 'rotated' && !succeeded(leg));
    const quiet = gen.packed !== undefined ? 0 : follows ? Infinity : gen.quietSince + input.closeAfter;
    const due = leg.held ? dueLine(leg) : quiet;
    if (!leg.held && due <= clock.ticks()) finish(leg);
    else if (due < Infinity) alarm.set(due - clock.ticks());
  }

  /** Whether nothing of a leg is left to be had where its file lies now. */
  function isOver(leg: Leg): boolean {
    const { gen } = leg;
    if (gen.place === 'gone') return true;
    const plain = gen.place === 'rotated' && gen.packed === undefined && !gen.ended;
    // The file may have grown since it was last looked at, and been read that far.
    if (plain && positionOf(leg) > gen.size) chain.refresh(gen);
    // A copy that was taken before the last lines were written and read.
    return plain && positionOf(leg) > gen.size;
  }

  /** Before the first byte of a file that was empty: what it held and lost to a copy goes first. True where that was looked into. */
  function firstBytes(leg: Leg): boolean {
    const before = chain.gens();
    chain.refresh(leg.gen);
    return chain.gens() !== before;
  }

  function read(leg: Leg): Chunk | 'again' | undefined {
    const { gen } = leg;
    if (isOver(leg)) {
      finish(leg);
      return 'again';
    }
    if (positionOf(leg) >= leg.limit) return undefined;
    if (gen.clues.headBytes === 0 && firstBytes(leg)) return 'again';
    const final = dueLine(leg) <= clock.ticks();
    if (leg.idleAt === gen.version && !(leg.held && final)) {
      letGo(leg);
      return undefined;
    }
    const version = gen.version;
    const take = harvesterOf(leg, parts).take(gen.packed === undefined ? gen.size : Infinity, final);
    switch (take.what) {
      case 'chunk':
        if (!leg.opened) parts.opened(contextOf(leg, take.chunk.start, legs, { chain, input, checkpoint }));
        leg.opened = true;
        Object.assign(leg, { idleAt: -1, held: false, heldSince: undefined });
        return take.chunk;
      case 'idle':
        Object.assign(leg, { idleAt: version, held: take.held });
        letGo(leg);
        return undefined;
      case 'changed':
        rest(leg);
        chain.rewritten(gen, take.reason);
        return 'again';
      default:
        return take.what === 'more' ? 'again' : undefined;
    }
  }

  /** As `read`, with what the file system refuses said and tried again later. */
  function attempt(leg: Leg): Chunk | 'again' | undefined {
    try {
      return read(leg);
    } catch (error) {
      rest(leg);
      chain.failed(leg.gen, error);
      if (error instanceof Elsewhere) return 'again';
      alarm.set(input.poll);
      return undefined;
    }
  }

  /** Starts the next generation if all before it are drained, as a last look confirms. */
  function startNext(leaving: boolean): boolean {
    const next = legs.findIndex((leg) => !leg.done && !leg.started);
    const leg = legs[next];
    if (!leg || (leaving && leg.gen.place === 'live')) return false;
    // A late writer may still be at work on the old file: the live one begins with its first byte, not before.
    if (leg.gen.place === 'live' && next > 0 && leg.gen.size <= leg.at.offset) return false;
    const before = legs.slice(0, next).filter((one) => !one.done);
    if (!before.every(drained)) return false;
    for (const one of before) chain.refresh(one.gen);
    if (before.every(drained) && chain.gens() === seen) leg.started = true;
    return true;
  }

  /** A chunk of a leg that has started, in turns. */
  function readStarted(leaving: boolean): Chunk | 'again' | undefined {
    const active = legs.filter((leg) => leg.started && !leg.done && !(leaving && leg.gen.place === 'live'));
    const turn = last ? active.indexOf(last) + 1 : 0;
    for (const leg of [...active.slice(turn), ...active.slice(0, turn)]) {
      const got = attempt(leg);
      if (got === undefined) continue;
      last = leg;
      return got;
    }
    return undefined;
  }

  function step(leaving: boolean): Chunk | 'again' | undefined {
    sync();
    for (const leg of legs) if (leg.done) reopen(leg);
    for (let tries = 0; tries < 3; tries += 1) {
      const got = readStarted(leaving);
      if (got !== undefined) return got;
      if (!startNext(leaving)) return undefined;
    }
    return 'again';
  }

  return {
    chain,
    sync,
    step,
    leaving: () => legs.some((leg) => !leg.done && leg.gen.place !== 'live'),
    finished: () => legs.every((leg) => leg.done || positionOf(leg) >= leg.limit),
    legs: () => legs,
    unread(gen) {
      const leg = legOf(gen);
      if (!leg) return initial(gen, chain.gens())?.offset;
      // What came after it was let go counts as unread too.
      return leg.done && leg.at.offset >= gen.size ? undefined : positionOf(leg);
    },
    mark(gen) {
      const leg = legOf(gen);
      if (leg) return leg.harvester?.mark() ?? (leg.at.offset === Infinity ? undefined : leg.at);
      return checkpoint(gen);
    },
    close() {
      alarm.cancel();
      for (const leg of legs) rest(leg);
    },
  };
}
