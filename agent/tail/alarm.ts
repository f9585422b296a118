import type { Clock } from '../types.ts';

/** Comes back once, at the nearest of the times asked for. */
export class Alarm {
  private readonly clock: Clock;
  private readonly ring: () => void;
  private next: { readonly due: number; readonly cancel: () => void } | undefined;

  /** `ring` is called when a wait is over. */
  constructor(clock: Clock, ring: () => void) {
    this.clock = clock;
    this.ring = ring;
  }

  /** Asks to be called back after so many ms, 1 at least; a longer wait than the one under way changes nothing. */
  set(ms: number): void {
    const wait = Math.max(1, ms);
    const due = this.clock.ticks() + wait;
    if (this.next && this.next.due <= due) return;
    this.next?.cancel();
    const cancel = this.clock.after(wait, () => {
      this.next = undefined;
      this.ring();
    });
    this.next = { due, cancel };
  }

  cancel(): void {
    this.next?.cancel();
  }
}
