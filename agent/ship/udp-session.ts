/**
 * A UDP session at work: what is given to the kernel and when, and what settles. The only word that ever comes back is a refusal
 * (ICMP, which the kernel tells on the next call), so a batch counts as handed over once SURVIVAL has passed after its last
 * datagram without one. A refusal ends the session, and all that is not settled comes back. Only the first batch is sent until
 * something has survived.
 *
 * The kernel takes a datagram at once, as long as it has room. Where it has none the socket keeps it and waits for room, and those
 * behind it wait there too, in order.
 */
import type { Batch } from '../types.ts';
import { messageOf, pick } from './messages.ts';
import { codeOf, reasonOf } from './reasons.ts';
import type { UdpSocket } from './sockets.ts';
import type { Refusal, Session, SessionEvents, TransportParts } from './transport.ts';

/** How long a refusal may take to come back, ms. */
export const SURVIVAL = 250;
/** So many datagrams are given to the kernel in one turn of the event loop; then others have theirs, refusals above all. */
const BURST = 32;
/** How long a device that has no room left is left alone, ms. */
const NO_ROOM_PAUSE = 5;
/** The kernel has no room now; nothing is wrong with the datagram. */
const NO_ROOM: ReadonlySet<string | undefined> = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM']);

/** The kernel's word for no room, which sends a datagram by way of the socket. */
const FULL = Object.assign(new Error('no room'), { code: 'EAGAIN' });

export type UdpSessionParts = TransportParts & {
  readonly socket: UdpSocket;
  readonly address: string;
  readonly events: SessionEvents;
  /** A probe has survived. */
  readonly proven: boolean;
  /** The largest message that goes in one packet, in bytes; and who is told of one that does not. */
  readonly unbroken: number;
  readonly fragments: (bytes: number) => void;
};

/**
 * A batch on its way: the next message to send, datagrams that the kernel has not answered for, when it last did, and the messages
 * that it does not take.
 */
type Flight = { readonly batch: Batch; next: number; open: number; sentAt: number; readonly tooLarge: number[] };

export function createUdpSession(parts: UdpSessionParts): Session {
  const { socket, clock, events } = parts;
  const writeNow = socket.writer?.() ?? (() => FULL);
  /** Taken and not settled, in order; `current` is the one that is being sent. */
  const flights: Flight[] = [];
  /** Datagrams for which the device had no room: they go before all others. */
  const again: { readonly flight: Flight; readonly message: number }[] = [];
  let current = 0;
  let begun = 0;
  /** Datagrams of this turn of the event loop, and how many of them the socket keeps until the kernel has room. */
  let burst = 0;
  let kept = 0;
  let turning = false;
  let proven = parts.proven;
  let paused = false;
  let finishing = false;
  let over = false;
  let timer: (() => void) | undefined;

  /** Sends until the burst is full. The next turn of the event loop goes on from there. */
  function pump(): void {
    while (!over && !paused && burst < BURST) {
      const late = again.shift();
      if (late) {
        send(late.flight, late.message);
        continue;
      }
      while (current < flights.length && isSent(flights[current]!)) current += 1;
      const flight = flights[current];
      if (!flight || (current > 0 && !proven)) break;
      if (flight.next === 0) begun += 1;
      flight.open += 1;
      flight.next += 1;
      send(flight, flight.next - 1);
    }
    if (over || turning || burst === 0 || kept > 0) return;
    turning = true;
    setImmediate(nextTurn);
  }

  function nextTurn(): void {
    turning = false;
    burst = kept;
    pump();
  }

  function send(flight: Flight, message: number): void {
    const { payload, ends } = flight.batch;
    const start = message === 0 ? 0 : ends[message - 1]! + 1;
    const bytes = ends[message]! - start;
    if (bytes > parts.unbroken) parts.fragments(bytes);
    burst += 1;
    const error = kept > 0 ? FULL : writeNow(payload, start, bytes);
    if (!error) {
      landed(flight);
      return;
    }
    kept += 1;
    const told = (problem: Error | null) => {
      if (over) return;
      kept -= 1;
      answered(flight, message, problem);
      if (kept === 0) pump();
    };
    if (codeOf(error) === 'EAGAIN') socket.send(payload, start, bytes, told);
    else process.nextTick(told, error); // Whoever calls `write` is told of no end in there.
  }

  function answered(flight: Flight, message: number, error: Error | null): void {
    const code = codeOf(error);
    if (NO_ROOM.has(code)) {
      pause(flight, message);
      return;
    }
    if (error && code !== 'EMSGSIZE') {
      fail(reasonOf(error));
      return;
    }
    if (error) flight.tooLarge.push(message);
    landed(flight);
  }

  function landed(flight: Flight): void {
    flight.open -= 1;
    if (flight.open > 0 || !isSent(flight)) return;
    flight.sentAt = clock.ticks();
    plan();
  }

  function pause(flight: Flight, message: number): void {
    again.push({ flight, message });
    if (paused) return;
    paused = true;
    clock.after(NO_ROOM_PAUSE, () => {
      paused = false;
      pump();
    });
  }

  function plan(): void {
    const first = flights[0];
    if (over || timer || !first || !isSent(first) || first.open > 0) return;
    // A refusal that is waiting to be read is heard first, even if this process slept: hence not in the timer itself.
    timer = clock.after(Math.max(0, first.sentAt + SURVIVAL - clock.ticks()), () => setImmediate(settle));
  }

  function settle(): void {
    timer = undefined;
    if (over) return;
    const limit = clock.ticks() - SURVIVAL;
    let count = 0;
    for (let flight = flights[0]; flight && isSent(flight) && flight.open === 0; flight = flights[count]) {
      if (flight.sentAt > limit) break;
      count += 1;
    }
    if (count > 0) {
      const refused = flights.splice(0, count).flatMap(refusalOf);
      current = Math.max(0, current - count);
      proven = true;
      events.settled(count, refused);
      pump();
    }
    if (finishing && flights.length === 0) end(true, 'all was sent');
    plan();
  }

  function end(orderly: boolean, reason: string): void {
    if (over) return;
    close();
    events.closed({ orderly, reason });
  }
  const fail = (reason: string) => end(false, reason);

  function close(): void {
    if (over) return;
    over = true;
    timer?.();
    socket.close();
  }

  socket.on('error', (error) => fail(reasonOf(error)));

  return {
    address: parts.address,
    write(batch) {
      flights.push({ batch, next: 0, open: 0, sentAt: 0, tooLarge: [] });
      pump();
    },
    begun: () => begun,
    finish() {
      finishing = true;
      if (flights.length === 0) setImmediate(settle);
    },
    close,
  };
}

function isSent({ batch, next }: Flight): boolean {
  return next === batch.ends.length;
}

function refusalOf({ batch, tooLarge }: Flight, at: number): Refusal[] {
  if (tooLarge.length === 0) return [];
  const messages = pick(batch, tooLarge);
  const bytes = Math.max(...tooLarge.map((message) => messageOf(batch, message).length - 1));
  const reason = `a message of ${bytes} bytes is larger than any datagram that can be sent there: set chunk to less, such as 1024`;
  return [{ ...messages, at, reason }];
}
