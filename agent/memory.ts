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

export type Tidying = {
  /** Counts a step that moved something. */
  worked(): void;
  /** To be called about once a second, at `ticks` (ms, monotonic). */
  look(ticks: number): void;
};

/** `collect` gives back what can be given back, which stops everything else for some ms. */
export function createTidying(collect: () => void = collectAll): Tidying {
  let work = WORK;
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
      if (work < WORK || since === undefined || ticks - since < REST) return;
      work = 0;
      collect();
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
