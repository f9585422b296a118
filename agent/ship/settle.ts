/**
 * When bytes on a TCP connection count as delivered: pure, fed with what was written and what was seen acknowledged.
 *
 * A batch settles when the peer's TCP has acknowledged it and `linger` has passed since on a clock that stands still while
 * anything written waits unacknowledged for more than STALL. A look at the connection tells only how far the peer was at that
 * moment, so the clock runs only for time that is proven: up to STALL after the oldest byte not seen acknowledged was written.
 * Looks that come late make it slower and never wrong.
 *
 * With a full window the oldest batches settle early. What the peer's TCP has acknowledged may still stand unread in its
 * kernel, so only those go that `reserve` acknowledged bytes stand behind (more than such a buffer usually holds), or that
 * were acknowledged `pressed` ms ago on the same clock.
 */

/** Whoever waits longer than this for an acknowledgement waits for a peer that does not read, ms. */
export const STALL = 250;

export type SettleLimits = {
  /** ms; Infinity: nothing settles by time. */
  readonly linger: number;
  /** Acknowledged bytes that must stand behind what settles early. */
  readonly reserve: number;
  /** ms that take the place of `linger` while the window is full. */
  readonly pressed: number;
};

/** All times are ticks of one monotonic clock, in ms; positions count bytes of the connection. */
export type SettleRule = {
  /** A batch of `bytes` bytes goes to the socket; settling it makes `cost` bytes of room in the window. */
  write(time: number, bytes: number, cost: number): void;
  /** The peer's TCP was seen to have at least the first `position` bytes. True when that is more than was known. */
  observe(time: number, position: number): boolean;
  /** Takes out the oldest batches whose time has come, and gives their number. */
  due(time: number): number;
  /** Takes out the oldest batches that may settle early, until `excess` bytes of room are made, and gives their number. */
  press(time: number, excess: number): number;
  /** When the oldest byte was written that was not seen acknowledged. */
  waitingSince(): number | undefined;
  /** When the oldest batch will be due if nothing else is seen; undefined when only an observation can make it so. */
  dueAt(full: boolean): number | undefined;
};

type Entry = { readonly end: number; readonly cost: number; readonly written: number; acknowledged: number };

export function createSettleRule({ linger, reserve, pressed }: SettleLimits): SettleRule {
  const entries: Entry[] = [];
  const pressedLinger = Math.min(linger, pressed);
  /** So many entries, the oldest, are acknowledged whole. */
  let whole = 0;
  let end = 0;
  let known = 0;
  /** The clock that stands still in a stall, and when it was last brought forward. */
  let open = 0;
  let last: number | undefined;

  const waitingSince = () => entries[whole]?.written;

  function advance(time: number): void {
    const since = waitingSince();
    const proven = since === undefined ? time : Math.min(time, since + STALL);
    if (last !== undefined) open += Math.max(0, proven - last);
    last = Math.max(last ?? time, time);
  }

  function take(count: number): number {
    entries.splice(0, count);
    whole -= count;
    return count;
  }

  return {
    write(time, bytes, cost) {
      end += bytes;
      entries.push({ end, cost, written: time, acknowledged: 0 });
    },
    observe(time, position) {
      if (position <= known) return false;
      advance(time);
      known = Math.min(position, end);
      for (let entry = entries[whole]; entry && entry.end <= known; entry = entries[whole]) {
        entry.acknowledged = open;
        whole += 1;
      }
      return true;
    },
    due(time) {
      advance(time);
      let count = 0;
      while (count < whole && open - entries[count]!.acknowledged >= linger) count += 1;
      return take(count);
    },
    press(time, excess) {
      advance(time);
      let count = 0;
      for (let made = 0; made < excess && count < whole; count += 1) {
        const entry = entries[count]!;
        if (known - entry.end < reserve && open - entry.acknowledged < pressedLinger) break;
        made += entry.cost;
      }
      return take(count);
    },
    waitingSince,
    dueAt(full) {
      const wait = full ? pressedLinger : linger;
      const oldest = entries[0];
      if (whole === 0 || oldest === undefined || last === undefined || wait === Number.POSITIVE_INFINITY)
        return undefined;
      const at = last + Math.max(0, wait - (open - oldest.acknowledged));
      const since = waitingSince();
      return since !== undefined && at > since + STALL ? undefined : at;
    },
  };
}
