/** The real clock. Tests hand in one whose hands they turn. */
import type { Clock } from '../types.ts';

/** The longest wait that a Node timer takes; a longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const realClock: Clock = {
  now: () => Date.now(),
  ticks: () => performance.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const next = Math.min(left, LONGEST_TIMER);
      timer = setTimeout(() => (left > next ? wait(left - next) : run()), Math.max(0, next));
      timer.unref();
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
