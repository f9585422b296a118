import type { Clock } from '../../agent/types.ts';

/** A clock that stands still until a test turns its hands. */
export type TurnedClock = Clock & {
  /** Moves both clocks on and runs what has become due, each at its time. */
  turn(ms: number): void;
  /** How many wait for a time. */
  waiting(): number;
};

/** What its wall clock says at first, ms since the epoch. */
export const NOON = Date.UTC(2026, 10, 23, 12);

export function createTurnedClock(): TurnedClock {
  let ticks = 0;
  const timers = new Set<{ readonly due: number; readonly run: () => void }>();
  return {
    now: () => NOON + ticks,
    ticks: () => ticks,
    after(ms, run) {
      const timer = { due: ticks + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    turn(ms) {
      const end = ticks + ms;
      for (;;) {
        const [next] = [...timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
        if (!next) break;
        timers.delete(next);
        // What ran before may have turned the hands itself.
        ticks = Math.max(ticks, next.due);
        next.run();
      }
      ticks = Math.max(ticks, end);
    },
    waiting: () => timers.size,
  };
}
