/** A UDP session whose kernel is the test's. */
import type { Route } from '../../agent/ship/route.ts';
import type { UdpSocket } from '../../agent/ship/sockets.ts';
import type { Session } from '../../agent/ship/transport.ts';
import { createUdp } from '../../agent/ship/udp.ts';
import { createKeptEvents, createKeptLog, createTurnedClock, linkOf, noSockets, targetOf } from './parts.ts';

const idle = new AbortController().signal;

/** Whether datagrams are written to the socket's descriptor, or sent by the socket since that is not to be had. */
export const WAYS = ['written', 'sent'] as const;
type Way = (typeof WAYS)[number];

export function createPlayedUdp(way: Way) {
  const played = {
    sent: [] as string[],
    /** How many of them the socket was given, and how many of these at most had no answer yet. */
    bySend: 0,
    atOnce: 0,
    refuse: undefined as string | undefined,
    /** So many can be written until there is no room once. */
    room: Number.POSITIVE_INFINITY,
    /** The socket keeps what it is given until `release`. */
    keeps: false,
    release: () => {},
    closed: false,
    fail: (_error: Error) => {},
  };
  let open = 0;
  const take = (bytes: Uint8Array, offset: number, length: number): Error | undefined => {
    const code = played.refuse;
    if (code !== undefined) return Object.assign(new Error(code), { code });
    played.sent.push(Buffer.from(bytes.subarray(offset, offset + length)).toString());
    return undefined;
  };
  const socket: UdpSocket = {
    connect() {},
    send(bytes, offset, length, done) {
      open += 1;
      played.bySend += 1;
      played.atOnce = Math.max(played.atOnce, open);
      const answer = () => {
        const error = take(bytes, offset, length);
        process.nextTick(() => {
          open -= 1;
          done(error ?? null);
        });
      };
      if (!played.keeps) {
        answer();
        return;
      }
      const before = played.release;
      played.release = () => {
        before();
        answer();
      };
    },
    close() {
      played.closed = true;
    },
    on(event: string, run: (error: Error) => void) {
      if (event === 'connect') setImmediate(() => run(new Error()));
      else played.fail = run;
    },
  };
  const write: ReturnType<NonNullable<UdpSocket['writer']>> = (bytes, offset, length) => {
    const full = played.room === 0;
    played.room = full ? Number.POSITIVE_INFINITY : played.room - 1;
    if (full) return Object.assign(new Error('full'), { code: 'EAGAIN' });
    return take(bytes, offset, length);
  };
  if (way === 'written') socket.writer = () => write;
  return { played, socket };
}

export async function connectPlayed(way: Way = 'written', route?: Route) {
  const { played, socket } = createPlayedUdp(way);
  if (route) socket.route = () => route;
  const log = createKeptLog();
  const clock = createTurnedClock();
  const events = createKeptEvents();
  const link = linkOf(targetOf('udp', 514));
  const transport = createUdp({
    link,
    sockets: { ...noSockets, createUdp: () => socket },
    clock,
    log,
  });
  const address = { host: '192.0.2.1', port: 514, family: 4 } as const;
  const session: Session = await transport.connect(address, { signal: idle, probe: undefined }, events);
  return { played, clock, events, session, log };
}
