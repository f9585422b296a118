import type { Clock } from '../types.ts';

/** Comes back once, at the nearest of the times asked for. */
export type Alarm = { set(ms: number): void; cancel(): void };

/** `ring` is called when a wait is over; a longer wait than the one under way changes nothing. Waits in ms, 1 at least. */
export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let next: { readonly due: number; readonly cancel: () => void } | undefined;
  return {
    set(ms) {
      const wait = Math.max(1, ms);
      const due = clock.ticks() + wait;
      if (next && next.due <= due) return;
      next?.cancel();
      const cancel = clock.after(wait, () => {
        next = undefined;
        ring();
      });
      next = { due, cancel };
    },
    cancel: () => next?.cancel(),
  };
}
