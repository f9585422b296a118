/**
 * One chain as one walk goes through it: a leg for every generation, oldest first. A leg starts when all before it are drained;
 * legs that have started are read in turns, so that a late writer of the old file and the new file are both followed. There may be
 * ten thousand of these, so what they have in common stands in `parts`.
 */
import type { Chunk } from '../types.ts';
import { Alarm } from './alarm.ts';
import type { Chain } from './chain-parts.ts';
import { contextOf } from './context.ts';
import type { CourseParts } from './course-parts.ts';
import { addReader, Elsewhere, type Gen, removeReader } from './generation.ts';
import { createLeg, dueLine, grewSince, harvesterOf, isAtLimit, isDrained, type Leg, positionOf, rest } from './leg.ts';
import type { Mark } from './rotation-parts.ts';

export class Course {
  readonly chain: Chain;
  legs: readonly Leg[] = [];
  private readonly parts: CourseParts;
  private seen: readonly Gen[] | undefined;
  private last: Leg | undefined;
  private alarm: Alarm | undefined;

  constructor(parts: CourseParts, chain: Chain) {
    this.parts = parts;
    this.chain = chain;
  }

  /** Takes note of new generations; cheap where there are none. */
  sync(): void {
    const gens = this.chain.gens();
    if (gens === this.seen) return;
    this.seen = gens;
    try {
      if (this.legs.every((leg) => leg.at.offset === Infinity)) this.parts.beginning.begin(this.chain, gens);
    } catch (error) {
      this.seen = undefined;
      this.chain.failed(gens.at(-1)!, error);
      this.comeBack(this.parts.input.poll);
      return;
    }
    this.legs = gens.map((gen) => this.legOf(gen) ?? this.create(gen, gens));
    // A generation that was found late between others goes first all the same.
    const unread = this.legs.findIndex((leg) => !leg.started && !leg.done);
    if (unread >= 0) for (const leg of this.legs.slice(unread)) leg.started = false;
  }

  /** The next chunk; `again` after work without a chunk; undefined where there is nothing to do until `wake` or a change. */
  step(leaving: boolean): Chunk | 'again' | undefined {
    this.sync();
    for (const leg of this.legs) if (leg.done) this.reopen(leg);
    for (let tries = 0; tries < 3; tries += 1) {
      const got = this.readStarted(leaving);
      if (got !== undefined) return got;
      if (!this.startNext(leaving)) return undefined;
    }
    return 'again';
  }

  /** Whether a generation that is no longer the live file may have something to read. */
  leaving(): boolean {
    return this.legs.some((leg) => !leg.done && leg.gen.place !== 'live');
  }

  /** Whether every generation was read to the end that it had when it was first seen. */
  finished(): boolean {
    return this.legs.every((leg) => leg.done || isAtLimit(leg));
  }

  /** The offset from which this walk still has to read `gen`; undefined where it has not. */
  unread(gen: Gen): number | undefined {
    const leg = this.legOf(gen);
    if (!leg) return this.parts.beginning.initial(gen, this.chain.gens())?.offset;
    // What came after it was let go counts as unread too.
    return leg.done && leg.at.offset >= gen.size ? undefined : positionOf(leg);
  }

  /** How far this walk has read `gen`. */
  mark(gen: Gen): Mark | undefined {
    const leg = this.legOf(gen);
    if (leg) return leg.harvester?.mark() ?? (leg.at.offset === Infinity ? undefined : leg.at);
    return this.parts.beginning.checkpoint(gen);
  }

  /** Lets go what only reading needs, until it is read on. An archive would have to be unpacked again from its beginning. */
  rest(): void {
    for (const leg of this.legs) if (leg.gen.packed === undefined) rest(leg);
  }

  /** Lets all go that is no longer the live file, whatever is unread of it. */
  abandon(): void {
    for (const leg of this.legs) if (!leg.done && leg.gen.place !== 'live') this.finish(leg);
  }

  close(): void {
    this.alarm?.cancel();
    for (const leg of this.legs) rest(leg);
  }

  private comeBack(ms: number): void {
    this.alarm ??= new Alarm(this.parts.clock, () => this.parts.wake(this.chain));
    this.alarm.set(ms);
  }

  private legOf(gen: Gen): Leg | undefined {
    return this.legs.find((leg) => leg.gen === gen);
  }

  /** With `once` a generation is read to the end that it had at the start, and none that came later. */
  private limitOf(gen: Gen): number | undefined {
    if (!this.parts.once) return undefined;
    if (this.parts.started()) return 0;
    return gen.packed === undefined ? gen.size : undefined;
  }

  private create(gen: Gen, gens: readonly Gen[]): Leg {
    const leg = createLeg(gen, this.parts.beginning.initial(gen, gens), this.limitOf(gen));
    if (!leg.done) addReader(gen, this.parts.destination);
    return leg;
  }

  private finish(leg: Leg): void {
    const { destination, handles, closed } = this.parts;
    rest(leg);
    leg.done = true;
    removeReader(leg.gen, destination);
    if (leg.gen.readers.length === 0 && leg.gen.place !== 'live') handles.drop(leg.gen);
    if (leg.opened) closed(leg.gen.file);
    leg.opened = false;
  }

  /** Bytes that came after a generation was let go are read too, once all before them is settled. */
  private reopen(leg: Leg): void {
    const { gen } = leg;
    if (this.parts.once || !grewSince(leg)) return;
    const settled = this.parts.beginning.checkpoint(gen) ?? { offset: 0, skip: 0 };
    if (settled.offset !== leg.at.offset) {
      this.comeBack(this.parts.input.poll);
      return;
    }
    const fresh = { idleAt: -1, held: false, heldSince: undefined };
    Object.assign(leg, { done: false, started: true, skip: settled.skip, ...fresh });
    addReader(gen, this.parts.destination);
  }

  private succeeded(leg: Leg): boolean {
    return this.legs.at(-1) !== leg;
  }

  /** Lets a generation go that is read to its end and quiet, or arranges to come back when it may be. */
  private letGo(leg: Leg): void {
    const { once, input, clock } = this.parts;
    const { gen } = leg;
    if (leg.held && this.succeeded(leg)) leg.heldSince ??= clock.ticks();
    const follows = once || gen.place === 'live' || (gen.place === 'rotated' && !this.succeeded(leg));
    const quiet = gen.packed !== undefined ? 0 : follows ? Infinity : gen.quietSince + input.closeAfter;
    const due = leg.held ? dueLine(leg, this.parts) : quiet;
    if (!leg.held && due <= clock.ticks()) this.finish(leg);
    else if (due < Infinity) this.comeBack(due - clock.ticks());
  }

  /** Whether nothing of a leg is left to be had where its file lies now. */
  private isOver(leg: Leg): boolean {
    const { gen } = leg;
    if (gen.place === 'gone') return true;
    const plain = gen.place === 'rotated' && gen.packed === undefined && !gen.ended;
    // The file may have grown since it was last looked at, and been read that far.
    if (plain && positionOf(leg) > gen.size) this.chain.refresh(gen);
    // A copy that was taken before the last lines were written and read.
    return plain && positionOf(leg) > gen.size;
  }

  /** Before the first byte of a file that was empty: what it held and lost to a copy goes first. True where that was looked into. */
  private firstBytes(leg: Leg): boolean {
    const before = this.chain.gens();
    this.chain.refresh(leg.gen);
    return this.chain.gens() !== before;
  }

  private read(leg: Leg): Chunk | 'again' | undefined {
    const { gen } = leg;
    if (this.isOver(leg)) {
      this.finish(leg);
      return 'again';
    }
    if (isAtLimit(leg)) return undefined;
    if (gen.clues.headBytes === 0 && this.firstBytes(leg)) return 'again';
    const final = dueLine(leg, this.parts) <= this.parts.clock.ticks();
    if (leg.idleAt === gen.version && !(leg.held && final)) {
      this.letGo(leg);
      return undefined;
    }
    const version = gen.version;
    const harvester = harvesterOf(leg, this.parts, () => this.parts.wake(this.chain));
    const take = harvester.take(gen.packed === undefined ? gen.size : Infinity, final);
    switch (take.what) {
      case 'chunk':
        if (!leg.opened) this.parts.opened(contextOf(leg, take.chunk.start, this.legs, this.chain, this.parts));
        leg.opened = true;
        Object.assign(leg, { idleAt: take.drained ? version : -1, held: false, heldSince: undefined });
        return take.chunk;
      case 'idle':
        Object.assign(leg, { idleAt: version, held: take.held });
        this.letGo(leg);
        return undefined;
      case 'changed':
        rest(leg);
        this.chain.rewritten(gen, take.reason);
        return 'again';
      default:
        return take.what === 'more' ? 'again' : undefined;
    }
  }

  /** As `read`, with what the file system refuses said and tried again later. */
  private attempt(leg: Leg): Chunk | 'again' | undefined {
    try {
      return this.read(leg);
    } catch (error) {
      rest(leg);
      this.chain.failed(leg.gen, error);
      if (error instanceof Elsewhere) return 'again';
      this.comeBack(this.parts.input.poll);
      return undefined;
    }
  }

  /** Starts the next generation if all before it are drained, as a last look confirms. */
  private startNext(leaving: boolean): boolean {
    const { chain, legs, seen } = this;
    const next = legs.findIndex((leg) => !leg.done && !leg.started);
    const leg = legs[next];
    if (!leg || (leaving && leg.gen.place === 'live')) return false;
    // A late writer may still be at work on the old file: the live one begins with its first byte, not before.
    if (leg.gen.place === 'live' && next > 0 && leg.gen.size <= leg.at.offset) return false;
    const before = legs.slice(0, next).filter((one) => !one.done);
    if (!before.every(isDrained)) return false;
    for (const one of before) chain.refresh(one.gen);
    if (before.every(isDrained) && chain.gens() === seen) leg.started = true;
    return true;
  }

  /** A chunk of a leg that has started, in turns. */
  private readStarted(leaving: boolean): Chunk | 'again' | undefined {
    const active = this.legs.filter((leg) => leg.started && !leg.done && !(leaving && leg.gen.place === 'live'));
    const turn = this.last ? active.indexOf(this.last) + 1 : 0;
    const inTurn = turn === 0 ? active : [...active.slice(turn), ...active.slice(0, turn)];
    for (const leg of inTurn) {
      const got = this.attempt(leg);
      if (got === undefined) continue;
      this.last = leg;
      return got;
    }
    return undefined;
  }
}
