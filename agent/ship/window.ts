/** What was taken to be sent and is not settled, in order. Its size is the one bound on what is under way. */
import type { Batch, Sent } from '../types.ts';
import { costOf } from './transport.ts';

export type Window = {
  push(sent: Sent): void;
  /** Bytes left; not positive when it is full. The last batch may go beyond the limit. */
  room(): number;
  /** How many bytes must settle for it to have room again, with some to spare so that settles come in bulk; 0 unless full. */
  excess(): number;
  /** Takes out the oldest `batches` that hold messages, with the empty ones before and just behind them. */
  settle(batches: number): Sent[];
  /** Takes out everything. */
  clear(): Sent[];
  /** Of the batches that hold messages, in order, only this is still to be sent. */
  replace(left: readonly Batch[]): void;
  /** The oldest `batches` that hold messages were on the wire. */
  markAgain(batches: number): void;
  /** Everything in it, in order. */
  unsettled(): readonly Sent[];
};

/** A full window is emptied by at least this part of it. */
const SPARE = 1 / 16;

export function createWindow(limit: number): Window {
  const queue: Sent[] = [];
  let used = 0;

  const room = () => limit - used;

  function take(count: number): Sent[] {
    const taken = queue.splice(0, count);
    for (const sent of taken) used -= costOf(sent.batch);
    return taken;
  }

  return {
    push(sent) {
      queue.push(sent);
      used += costOf(sent.batch);
    },
    room,
    excess: () => (used < limit ? 0 : used - limit + spareOf(limit)),
    settle(batches) {
      let count = 0;
      let left = batches;
      for (let sent = queue[0]; sent && (left > 0 || isEmpty(sent)); sent = queue[count]) {
        if (!isEmpty(sent)) left -= 1;
        count += 1;
      }
      return take(count);
    },
    clear: () => take(queue.length),
    markAgain(batches) {
      let left = batches;
      for (let i = 0; i < queue.length && left > 0; i += 1) {
        const sent = queue[i]!;
        if (isEmpty(sent)) continue;
        queue[i] = { ...sent, again: true };
        left -= 1;
      }
    },
    replace(left) {
      let next = 0;
      for (let i = 0; i < queue.length && next < left.length; i += 1) {
        const sent = queue[i]!;
        if (isEmpty(sent)) continue;
        const batch = left[next]!;
        next += 1;
        used += costOf(batch) - costOf(sent.batch);
        if (batch !== sent.batch) queue[i] = { ...sent, batch };
      }
    },
    unsettled: () => queue,
  };
}

/** How much more is made free of a full window of `limit` bytes than it has too much. */
export function spareOf(limit: number): number {
  return Math.ceil(limit * SPARE);
}

/** A batch without messages, or one that was acknowledged out of turn, has nothing to wait for but those before it. */
export function isEmpty({ batch, done }: Sent): boolean {
  return batch.ends.length === 0 || done === true;
}
