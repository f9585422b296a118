/** Which messages of which batches wait for an answer, and under which number. Pure. */
import type { Batch } from '../types.ts';
import { frameSyslog, LAST_TXNR, laterTxnr } from '../wire/relp.ts';
import { layOut, messageOf, pick } from './messages.ts';
import type { Refusal } from './transport.ts';

/**
 * Transactions are counted from 1 on without end (`seq`); on the wire their numbers begin again after LAST_TXNR. Every batch
 * takes a run of them, one a message. A message that is sent again takes a number of its own, and stands for its first one.
 */
export type Transactions = {
  /** Takes a batch and gives its frames. */
  begin(batch: Batch): Buffer;
  /** Takes a number for another command, as it stands on the wire. */
  take(): number;
  /** The message that waits for the answer to `txnr`: its first number; 0 where none does. */
  find(txnr: number): number;
  answer(seq: number): void;
  /** Notes that the message was refused; it no longer waits for an answer. Gives how often it was. */
  refuse(seq: number): number;
  /** Gives the frame with which a refused message is sent again. */
  retry(seq: number): Buffer;
  /** Passes over a refused message, which `settle` then tells of, with `reason`. */
  giveUp(seq: number, reason: string): void;
  /** Messages that the server owes an answer; and those that are not dealt with, refused ones included. */
  outstanding(): number;
  unanswered(): number;
  /** Takes out the oldest batches of which all is dealt with, and gives their number and what of them was refused. */
  settle(): { readonly batches: number; readonly refused: readonly Refusal[] };
  /** The batches that are left, in order, each without the messages that were answered. Refused ones get another chance. */
  left(): Batch[];
};

const WAITS = 0;
const REFUSED = 1;
const DONE = 2;
const PASSED_OVER = 3;

/** A batch: the number of its first message, what has become of each, and how many are not dealt with. */
type Flight = { readonly batch: Batch; readonly first: number; readonly fate: Uint8Array; open: number };

export function createTransactions(firstTxnr: number): Transactions {
  const flights: Flight[] = [];
  /** The flight that was answered last: the next answer is mostly for the same. */
  let cursor = 0;
  let next = firstTxnr;
  let outstanding = 0;
  let unanswered = 0;
  const refusals = new Map<number, number>();
  /** By the first number of the batch, why something of it was passed over. */
  const reasons = new Map<number, string>();
  /** Numbers under which refused messages were sent again, with their first numbers. */
  const again = new Map<number, number>();

  const wireNumber = (seq: number) => laterTxnr(1, seq - 1);

  function flightOf(seq: number): Flight | undefined {
    for (let i = cursor; i < Math.min(flights.length, cursor + 2); i += 1) {
      if (!holds(flights[i]!, seq)) continue;
      cursor = i;
      return flights[i];
    }
    let low = 0;
    let high = flights.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (flights[middle]!.first <= seq) low = middle;
      else high = middle - 1;
    }
    const found = flights[low];
    if (!found || !holds(found, seq)) return undefined;
    cursor = low;
    return found;
  }

  function refusalOf({ batch, first, fate }: Flight, at: number): Refusal[] {
    const reason = reasons.get(first);
    if (reason === undefined) return [];
    reasons.delete(first);
    const passedOver = [...fate.keys()].filter((i) => fate[i] === PASSED_OVER);
    return [{ ...pick(batch, passedOver), at, reason }];
  }

  function mark(seq: number, fate: number): void {
    const flight = flightOf(seq)!;
    const before = flight.fate[seq - flight.first]!;
    flight.fate[seq - flight.first] = fate;
    if (before === WAITS) outstanding -= 1;
    if (fate === WAITS) outstanding += 1;
    if (fate < DONE) return;
    flight.open -= 1;
    unanswered -= 1;
    if (refusals.size > 0) refusals.delete(seq);
  }

  return {
    begin(batch) {
      const count = batch.ends.length;
      flights.push({ batch, first: next, fate: new Uint8Array(count), open: count });
      const frames = frameSyslog(batch.payload, batch.ends, wireNumber(next));
      next += count;
      outstanding += count;
      unanswered += count;
      return frames;
    },
    take: () => wireNumber(next++),
    find(txnr) {
      if (txnr < 1) return 0;
      const back = (wireNumber(next) - txnr + LAST_TXNR) % LAST_TXNR || LAST_TXNR;
      const seq = next - back;
      const first = again.get(seq) ?? seq;
      again.delete(seq);
      const flight = flightOf(first);
      if (!flight || flight.fate[first - flight.first] !== WAITS) return 0;
      // The answer that a refused message had is not that to its next try.
      return first === seq && refusals.has(first) ? 0 : first;
    },
    answer: (seq) => mark(seq, DONE),
    refuse(seq) {
      mark(seq, REFUSED);
      const count = (refusals.get(seq) ?? 0) + 1;
      refusals.set(seq, count);
      return count;
    },
    retry(seq) {
      const { batch, first } = flightOf(seq)!;
      const message = messageOf(batch, seq - first);
      again.set(next, seq);
      mark(seq, WAITS);
      next += 1;
      return frameSyslog(message, Uint32Array.of(message.length - 1), wireNumber(next - 1));
    },
    giveUp(seq, reason) {
      mark(seq, PASSED_OVER);
      reasons.set(flightOf(seq)!.first, reason);
    },
    outstanding: () => outstanding,
    unanswered: () => unanswered,
    settle() {
      let count = 0;
      while (count < flights.length && flights[count]!.open === 0) count += 1;
      const refused = flights.splice(0, count).flatMap(refusalOf);
      cursor = Math.max(0, cursor - count);
      return { batches: count, refused };
    },
    left: () => flights.map(rest),
  };
}

function holds({ first, fate }: Flight, seq: number): boolean {
  return seq >= first && seq < first + fate.length;
}

/** The batch without the messages that were answered. It still moves its marks, and counts all its lines, when it settles. */
function rest({ batch, fate, open }: Flight): Batch {
  if (open === fate.length) return batch;
  const left = [...fate.keys()].filter((i) => fate[i] !== DONE);
  // Lines that are in no message cannot be settled: of a batch that waits only for those before it, the last message stays.
  if (left.length === 0) left.push(fate.length - 1);
  return { ...batch, ...layOut(left.map((i) => messageOf(batch, i))) };
}
