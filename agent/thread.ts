/**
 * The second thread, in which lines are shaped while the flow is heavy: there is one at most, for all walks, and none where there is
 * one processor only, or little address space. It is started when a shaping asks for a seat, and ended when nobody has used it for a
 * while. Should it end by itself, nothing is lost: those who sit in it still have every chunk that was not answered.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { hasLimitedAddressSpace } from './limits.ts';
import { type Answer, createDesks, type Desks, type LaidChunk, layChunk, type Order } from './shape/remote.ts';
import type { Chunk, Clock, InputConfig, Log, RecordConfig } from './types.ts';
import { wordsOf } from './wire/words.ts';

/** A shaper in the other thread. */
export type Seat = {
  /** True once the thread has ended: what was not answered by then never is. */
  gone(): boolean;
  tell(order: Unseated): void;
  /** Posts a chunk, whose bytes are copied. Each is answered, in order. */
  shape(chunk: Chunk): LaidChunk;
  end(): void;
};
type Unseated<O = Order> = O extends Order ? Omit<O, 'seat'> : never;

export type Sitter = {
  readonly input: InputConfig;
  readonly record: RecordConfig;
  /** `giveBack`: to be called once the answer's memory is needed no more, which `scarce` says should be soon. */
  answered(answer: Answer, giveBack: () => void, scarce: boolean): void;
  /** The thread has ended while chunks were not answered. */
  lost(): void;
};

export type Thread = {
  /** Source bytes in a row after which a flow counts as heavy. */
  readonly after: number;
  /** A seat, as soon as the thread has started; until then, and where there cannot be one, undefined. */
  seat(sitter: Sitter): Seat | undefined;
  close(): Promise<void>;
};

/** What a test may choose. */
export type ThreadSetup = {
  readonly cores?: number;
  readonly after?: number;
  readonly start?: () => Worker;
};

/** An input that is read for so many bytes without a pause is worth a second thread: before that, its start costs more than it saves. */
const HEAVY = 64 * 2 ** 20;
/** How long the thread stays without work, and how long it stays away after it has ended by itself, in ms. */
const QUIET = 10_000;
const REST = 60_000;
/** Its heap, in MiB: it holds the shapers, and a chunk's records are made outside of it. */
const LIMITS = { maxOldGenerationSizeMb: 128 };

type Running = {
  readonly worker: Worker;
  ready: boolean;
  readonly sitters: Map<number, Sitter>;
  /** What was posted and not answered yet, in order. */
  readonly posted: LaidChunk[];
  readonly desks: Desks;
  used: number;
};

export function createThread({ clock, log }: { clock: Clock; log: Log }, setup: ThreadSetup = {}): Thread {
  const {
    cores = hasLimitedAddressSpace() ? 1 : os.availableParallelism(),
    after = HEAVY,
    start = startWorker,
  } = setup;
  let running: Running | undefined;
  let resting = Number.NEGATIVE_INFINITY;
  let seats = 0;

  function doWithout(what: string, problem: unknown): void {
    running = undefined;
    resting = clock.ticks() + REST;
    const reason = problem instanceof Error ? wordsOf(problem) : `exit code ${problem}`;
    log.warn(
      'thread-ended',
      `The thread that shapes lines under heavy load ${what} (${reason}). Nothing is lost: they are shaped in the main thread.`,
    );
  }

  function run(): Running | undefined {
    let worker: Worker;
    try {
      worker = start();
    } catch (problem) {
      doWithout('cannot be started', problem);
      return undefined;
    }
    const one: Running = {
      ...{ worker, ready: false, used: clock.ticks() },
      ...{ sitters: new Map(), posted: [], desks: createDesks() },
    };
    const failed = (problem: unknown) => {
      if (running !== one) return;
      doWithout('has ended', problem);
      for (const sitter of one.sitters.values()) sitter.lost();
    };
    worker.on('message', (answer: Answer | 'ready') => {
      if (running !== one) return;
      if (answer === 'ready') {
        one.ready = true;
        return;
      }
      const { desk } = one.posted.shift()!;
      const scarce = one.desks.shaped(desk, answer.payload);
      const giveBack = () => one.desks.done(answer.payload);
      const sitter = one.sitters.get(answer.seat);
      if (sitter) sitter.answered(answer, giveBack, scarce);
      else giveBack();
    });
    worker.on('error', failed);
    worker.on('exit', failed);
    worker.unref();
    clock.after(QUIET, () => endWhenQuiet(one));
    return one;
  }

  function endWhenQuiet(one: Running): void {
    if (running !== one) return;
    const quiet = clock.ticks() - one.used;
    if (one.posted.length > 0 || quiet < QUIET) {
      clock.after(Math.max(QUIET - quiet, 1), () => endWhenQuiet(one));
      return;
    }
    running = undefined;
    void one.worker.terminate();
  }

  function sit(one: Running, sitter: Sitter): Seat {
    const seat = ++seats;
    const post = (order: Order) => one.worker.postMessage(order);
    const { input, record } = sitter;
    one.sitters.set(seat, sitter);
    post({ seat, what: 'begin', input, record });
    return {
      gone: () => running !== one,
      tell: (order) => post({ ...order, seat } as Order),
      shape(chunk) {
        const laid = layChunk(chunk, one.desks.take(chunk));
        one.posted.push(laid);
        one.used = clock.ticks();
        post({ seat, what: 'shape', chunk: laid });
        return laid;
      },
      end() {
        one.sitters.delete(seat);
        post({ seat, what: 'end' });
      },
    };
  }

  return {
    after,
    seat(sitter) {
      if (cores < 2 || clock.ticks() < resting) return undefined;
      running ??= run();
      return running?.ready ? sit(running, sitter) : undefined;
    },
    async close() {
      const one = running;
      running = undefined;
      await one?.worker.terminate();
    },
  };
}

/** The thread itself: the same file beside this one, built or not. Throws an Error where it cannot be started. */
export const startWorker = starterOf(new URL(`./shape/worker${path.extname(import.meta.filename)}`, import.meta.url));

/** Starts threads of one file, as long as that is the file that it is now. */
export function starterOf(file: URL): () => Worker {
  const meant = identityOf(file);
  return () => {
    // After an upgrade in place it would understand the orders of this agent in another way, or not at all.
    if (identityOf(file) !== meant) throw new Error('the program on disk is another one by now: start the agent again');
    return new Worker(file, { name: 'shape', resourceLimits: LIMITS });
  };
}

/** What tells a file from another of its name. Packages of npm give all files the same time of change. */
function identityOf(file: URL): string | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}
