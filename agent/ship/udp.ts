/**
 * UDP: one datagram a message on a connected socket (RFC 5426). The only word that ever comes back is a refusal (ICMP, which
 * the kernel tells on the next call), so a batch counts as handed over once SURVIVAL has passed after its last datagram
 * without one. A refusal ends the session, and all that is not settled comes back.
 *
 * Nothing is known when a session begins. Therefore only its first batch is sent until that has survived; and when messages
 * came back before, connect sends one of them as a probe and resolves only if it survives. That one may arrive twice.
 */
import type { Batch } from '../types.ts';
import { createFragmentsWarning } from './fragments.ts';
import { messageOf, pick } from './messages.ts';
import { codeOf, reasonOf } from './reasons.ts';
import { holds } from './route.ts';
import type { UdpSocket } from './sockets.ts';
import {
  type Address,
  addressText,
  type Refusal,
  type Session,
  type SessionEvents,
  type Transport,
  type TransportParts,
} from './transport.ts';

/** How long a refusal may take to come back, ms. */
const SURVIVAL = 250;
/** So many datagrams are given to the kernel in one turn of the event loop; then others have theirs, refusals above all. */
const BURST = 32;
/** How long a device that has no room left is left alone, ms. */
const NO_ROOM_PAUSE = 5;
/** The kernel has no room now; nothing is wrong with the datagram. */
const NO_ROOM: ReadonlySet<string | undefined> = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM']);

export function createUdp(parts: TransportParts): Transport {
  const sayFragments = createFragmentsWarning(parts);
  return {
    level: 'handed',
    async connect(address, { signal, probe }, events) {
      const socket = parts.sockets.createUdp(address.family);
      try {
        await connected(socket, address, signal);
        if (probe) await survives(socket, probe, parts, signal);
      } catch (error) {
        socket.close();
        throw error;
      }
      const route = socket.route?.();
      return createUdpSession({
        ...{ ...parts, socket, address: addressText(address), events, proven: probe !== undefined },
        unbroken: route ? holds(route, address.family) : Number.POSITIVE_INFINITY,
        fragments: (bytes) => route && sayFragments(route, address.family, bytes),
      });
    },
  };
}

function connected(socket: UdpSocket, address: Address, signal: AbortSignal): Promise<void> {
  return untilAborted(signal, (resolve, fail) => {
    socket.on('error', (error) => fail(reasonOf(error)));
    socket.on('connect', resolve);
    socket.connect(address.port, address.host);
  });
}

/** Resolves if no refusal comes back within SURVIVAL. */
async function survives(socket: UdpSocket, probe: Buffer, parts: TransportParts, signal: AbortSignal): Promise<void> {
  let cancel = () => {};
  try {
    await untilAborted(signal, (resolve, fail) => {
      socket.on('error', (error) => fail(reasonOf(error)));
      socket.send(probe, 0, probe.length, (error) => {
        // A probe that is too large says nothing about the server; the session deals with it.
        if (error && codeOf(error) !== 'EMSGSIZE') fail(reasonOf(error));
        else cancel = parts.clock.after(SURVIVAL, () => setImmediate(resolve));
      });
    });
  } finally {
    cancel();
  }
}

function untilAborted(
  signal: AbortSignal,
  run: (resolve: () => void, fail: (reason: string) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => fail('stopped');
    const done = () => signal.removeEventListener('abort', aborted);
    const fail = (reason: string) => {
      done();
      reject(new Error(reason));
    };
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted);
    run(() => {
      done();
      resolve();
    }, fail);
  });
}

type UdpSessionParts = TransportParts & {
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

function createUdpSession(parts: UdpSessionParts): Session {
  const { socket, clock, events } = parts;
  /** Taken and not settled, in order; `current` is the one that is being sent. */
  const flights: Flight[] = [];
  /** Datagrams for which the kernel had no room: they go before all others. */
  const again: { readonly flight: Flight; readonly message: number }[] = [];
  let current = 0;
  let begun = 0;
  let burst = 0;
  let proven = parts.proven;
  let paused = false;
  let finishing = false;
  let over = false;
  let timer: (() => void) | undefined;

  /** Sends until the burst is full. The kernel's answers, and then the next turn of the event loop, go on from there. */
  function pump(): void {
    while (!over && !paused && burst < BURST) {
      const late = again.shift();
      if (late) {
        send(late.flight, late.message);
        continue;
      }
      while (current < flights.length && isSent(flights[current]!)) current += 1;
      const flight = flights[current];
      if (!flight || (current > 0 && !proven)) return;
      if (flight.next === 0) begun += 1;
      flight.open += 1;
      flight.next += 1;
      send(flight, flight.next - 1);
    }
  }

  function send(flight: Flight, message: number): void {
    const { payload, ends } = flight.batch;
    const start = message === 0 ? 0 : ends[message - 1]! + 1;
    const bytes = ends[message]! - start;
    if (bytes > parts.unbroken) parts.fragments(bytes);
    burst += 1;
    socket.send(payload, start, bytes, (error) => {
      if (over) return;
      burst -= 1;
      if (error && NO_ROOM.has(codeOf(error))) pause(flight, message);
      else answered(flight, message, error);
      if (burst === 0) setImmediate(pump);
    });
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

  function answered(flight: Flight, message: number, error: Error | null): void {
    if (error && codeOf(error) !== 'EMSGSIZE') {
      fail(reasonOf(error));
      return;
    }
    flight.open -= 1;
    flight.sentAt = clock.ticks();
    if (error) flight.tooLarge.push(message);
    plan();
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
      if (burst === 0) pump();
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
