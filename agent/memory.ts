/**
 * Gives memory back once a piece of work is over, be it the start or a backlog: V8 keeps what it took for it, and at rest nothing would
 * have its collector come by.
 */
import v8 from 'node:v8';
import { collector } from './wire/garbage.ts';

/** At rest are so few steps between two looks, for so many ms. */
const FEW = 20;
const REST = 5_000;
/** Less work than so many steps leaves nothing behind that would be worth a collection. */
const WORK = 1_000;
/** So often at rest the young objects are collected, ms: V8 itself comes when they fill a MB, and what was filled once stays taken. */
const SWEEP = 10_000;

export type Tidying = {
  /** Counts a step that moved something. */
  worked(): void;
  /** To be called about once a second, at `ticks` (ms, monotonic). */
  look(ticks: number): void;
};

/** `collect` gives back what can be given back, which stops everything else for some ms; `sweep` what was made a moment ago. */
export function createTidying(collect: () => void = collectAll, sweep: () => void = collectYoung): Tidying {
  let work = WORK;
  let swept = 0;
  let steps = 0;
  let since: number | undefined;
  return {
    worked() {
      steps += 1;
    },
    look(ticks) {
      work += steps;
      if (steps > FEW) since = undefined;
      else since ??= ticks;
      steps = 0;
      if (since === undefined || ticks - since < REST) return;
      const isLarge = work >= WORK;
      if (!isLarge && ticks - swept < SWEEP) return;
      swept = ticks;
      if (isLarge) {
        work = 0;
        collect();
      } else sweep();
    },
  };
}

/**
 * The kind of collection that V8 makes when memory is short: it gives the space of young objects back too. The code of functions
 * goes with it, for most ran at the start alone: what runs again is compiled again, and what ran often enough to be machine code
 * stays.
 */
function collectAll(): void {
  v8.setFlagsFromString('--stress-flush-code');
  collector()({ type: 'major', flavor: 'last-resort' });
  v8.setFlagsFromString('--no-stress-flush-code');
}

function collectYoung(): void {
  collector()({ type: 'minor' });
}
