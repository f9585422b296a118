/**
 * `rate` and `drain_rate` as token buckets on the clock that is handed in. A bucket holds what BURST of time brings, and at least
 * one message: an idle destination sends a lone line at once, and after any pause no more than that goes out in one piece.
 */
import type { Clock, LinkConfig, Rate } from '../types.ts';

/** ms. */
const BURST = 50;
/** A message goes out when one unit is there. */
const LEAST = 1;

export type Bucket = {
  /** Whether a message may go out now. */
  ready(): boolean;
  /** A message of so many bytes goes out. It may overdraw the bucket, which then fills up from below zero. */
  take(bytes: number): void;
  /** ms until half of what the bucket holds is there, so that many messages go out together; 0 when it is ready. */
  wait(): number;
};

/** The buckets that a destination's messages go through: all of them, and those that come from the spool. */
export type Buckets = { readonly live: readonly Bucket[]; readonly spooled: readonly Bucket[] };

export function createBuckets({ rate, drainRate }: LinkConfig, clock: Clock): Buckets {
  const live = rate ? [createBucket(rate, clock)] : [];
  return { live, spooled: drainRate ? [...live, createBucket(drainRate, clock)] : live };
}

function createBucket(rate: Rate, clock: Clock): Bucket {
  const holds = Math.max(1, (rate.perSecond * BURST) / 1000);
  let tokens = holds;
  let at = clock.ticks();

  function fill(): void {
    const now = clock.ticks();
    tokens = Math.min(holds, tokens + ((now - at) * rate.perSecond) / 1000);
    at = now;
  }

  return {
    ready() {
      fill();
      return tokens >= LEAST;
    },
    take(bytes) {
      tokens -= rate.unit === 'lines' ? 1 : bytes;
    },
    wait() {
      fill();
      if (tokens >= LEAST) return 0;
      return Math.max(1, Math.ceil(((Math.max(LEAST, holds / 2) - tokens) * 1000) / rate.perSecond));
    },
  };
}
