/**
 * A session that keeps to `rate` and `drain_rate`: it cuts batches into pieces of whole messages, gives each to the real session
 * when the buckets allow it, and counts pieces back into batches. So every transport is paced alike, message by message.
 */
import type { Batch, Clock, Sent } from '../types.ts';
import type { Bucket, Buckets } from './bucket.ts';
import { layOut, messageOf } from './messages.ts';
import type { Refusal, Session } from './transport.ts';

export type Pace = {
  /** The session as the shipper uses it. */
  wrap(session: Session): Paced;
};

export type Paced = Omit<Session, 'write' | 'left'> & {
  /** What is left of the batches that were given; undefined where only the whole batches are known. */
  readonly left: (() => readonly Batch[]) | undefined;
  /** Rows of the spool keep to `drain_rate` too. */
  write(sent: Sent): void;
  /** So many pieces were settled: gives how many batches that completes, and what of them was refused. */
  settled(
    pieces: number,
    refused: readonly Refusal[],
  ): { readonly batches: number; readonly refused: readonly Refusal[] };
  /** How many batches are wholly given to the session and not settled. */
  given(): number;
  /** The oldest of which messages wait for their time. */
  waiting(): Sent | undefined;
  /** Gives nothing more to the session. */
  halt(): void;
};

/** `eased`: called when messages waited, and none does any more. */
export function createPace({ live, spooled }: Buckets, clock: Clock, eased: () => void): Pace {
  const unpaced = spooled.length === 0;
  return {
    wrap: (session) => wrap(session, clock, (sent) => (sent.row === undefined ? live : spooled), unpaced, eased),
  };
}

/** `next`: the first message that was not given to the session. `open` and `done`: its pieces that are not settled, and that are. */
type Flight = { readonly sent: Sent; next: number; open: number; done: number; readonly refused: Refusal[] };

function wrap(
  session: Session,
  clock: Clock,
  bucketsOf: (sent: Sent) => readonly Bucket[],
  unpaced: boolean,
  eased: () => void,
): Paced {
  /** Not settled, oldest first; the first `current` of them are wholly given out. */
  const flights: Flight[] = [];
  let current = 0;
  /** Whose pieces the session has not settled, in order, one entry a piece; and how many it has. */
  const pieces: Flight[] = [];
  let settledPieces = 0;
  let settledBatches = 0;
  let finishing = false;
  let halted = false;
  let waited = false;
  let cancel: (() => void) | undefined;

  function pump(): void {
    cancel = undefined;
    if (halted) return;
    for (let flight = flights[current]; flight; flight = flights[current]) {
      const buckets = bucketsOf(flight.sent);
      const piece = cut(flight, buckets);
      if (piece) {
        flight.open += 1;
        pieces.push(flight);
        if (isGiven(flight)) current += 1;
        session.write(piece);
      }
      if (isGiven(flight)) continue;
      waited = true;
      cancel = clock.after(Math.max(1, ...buckets.map((bucket) => bucket.wait())), pump);
      return;
    }
    if (finishing) session.finish();
    else if (waited) eased();
    waited = false;
  }

  function halt(): void {
    halted = true;
    cancel?.();
  }

  return {
    address: session.address,
    write(sent) {
      flights.push({ sent, next: 0, open: 0, done: 0, refused: [] });
      if (!cancel) pump();
    },
    settled(count, refused) {
      settledPieces += count;
      for (const refusal of refused) pieces[refusal.at]!.refused.push(refusal);
      for (const flight of pieces.splice(0, count)) {
        flight.open -= 1;
        flight.done += 1;
      }
      let batches = 0;
      while (batches < current && flights[batches]!.open === 0) batches += 1;
      const refusals = flights
        .splice(0, batches)
        .flatMap(({ refused: its }, at) => (its.length > 0 ? join(its, at) : []));
      current -= batches;
      settledBatches += batches;
      return { batches, refused: refusals };
    },
    begun() {
      const last = pieces[session.begun() - settledPieces - 1];
      const first = (flights[0]?.done ?? 0) > 0 ? 1 : 0;
      return settledBatches + (last ? flights.indexOf(last) + 1 : first);
    },
    given: () => current,
    // Of a batch that went out in pieces nobody knows what was answered: it is sent again whole.
    left: session.left && unpaced ? () => session.left!() : undefined,
    waiting: () => flights[current]?.sent,
    halt,
    finish() {
      finishing = true;
      if (!cancel) pump();
    },
    close() {
      halt();
      session.close();
    },
  };
}

function isGiven({ sent, next }: Flight): boolean {
  return next === sent.batch.ends.length;
}

/** What was refused of several pieces, as one. */
function join(refusals: readonly Refusal[], at: number): Refusal {
  const messages = refusals.flatMap((one) => [...one.ends.keys()].map((i) => messageOf(one, i)));
  return { ...layOut(messages), at, reason: refusals[0]!.reason };
}

/** The messages that may go out now, as a batch over the same memory; undefined when none may. */
function cut(flight: Flight, buckets: readonly Bucket[]): Batch | undefined {
  const { batch } = flight.sent;
  if (buckets.length === 0) {
    flight.next = batch.ends.length;
    return batch;
  }
  const first = flight.next;
  const start = first === 0 ? 0 : batch.ends[first - 1]! + 1;
  let end = start;
  while (!isGiven(flight) && buckets.every((bucket) => bucket.ready())) {
    const behind = batch.ends[flight.next]! + 1;
    for (const bucket of buckets) bucket.take(behind - end);
    end = behind;
    flight.next += 1;
  }
  if (flight.next === first) return undefined;
  if (first === 0 && isGiven(flight)) return batch;
  const ends = batch.ends.slice(first, flight.next).map((at) => at - start);
  return { ...batch, payload: batch.payload.subarray(start, end), ends };
}
