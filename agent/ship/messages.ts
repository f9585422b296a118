/** Single messages of a batch. */
import type { Batch } from '../types.ts';

/** Messages laid out as in a batch. */
export type Messages = Pick<Batch, 'payload' | 'ends'>;

/** A message of a batch with the LF behind it. */
export function messageOf({ payload, ends }: Messages, index: number): Buffer {
  return payload.subarray(index === 0 ? 0 : ends[index - 1]! + 1, ends[index]! + 1);
}

/** Copies out the messages of the given indexes, in that order. */
export function pick(batch: Messages, indexes: readonly number[]): Messages {
  return layOut(indexes.map((index) => messageOf(batch, index)));
}

/** Lays messages out one behind the other; each ends in its LF. */
export function layOut(messages: readonly Buffer[]): Messages {
  const ends = new Uint32Array(messages.length);
  let at = 0;
  for (const [i, message] of messages.entries()) {
    at += message.length;
    ends[i] = at - 1;
  }
  return { payload: Buffer.concat(messages, at), ends };
}
