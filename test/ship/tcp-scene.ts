import { createTcpSession } from '../../agent/ship/tcp-session.ts';
import type { Session } from '../../agent/ship/transport.ts';
import type { LinkConfig } from '../../agent/types.ts';
import {
  batchOf,
  createKeptEvents,
  createPlayedTcp,
  createTurnedClock,
  type KeptEvents,
  linkOf,
  noSockets,
  type PlayedTcp,
  type TurnedClock,
  targetOf,
} from './parts.ts';

type Scene = { session: Session; clock: TurnedClock; tcp: PlayedTcp; events: KeptEvents; lost: string[] };

export function connect(changes: Partial<LinkConfig> = {}, sendLimit = Number.POSITIVE_INFINITY): Scene {
  const clock = createTurnedClock();
  const tcp = createPlayedTcp();
  const events = createKeptEvents();
  const lost: string[] = [];
  const session = createTcpSession({
    link: linkOf(targetOf('tcp', 514), changes),
    sockets: { ...noSockets, readTcpTable: tcp.readTcpTable },
    clock,
    socket: tcp.socket,
    address: '127.0.0.2:514',
    frame: (batch) => batch.payload,
    events,
    sendLimit,
    tableLost: (reason) => void lost.push(reason),
  });
  return { session, clock, tcp, events, lost };
}

/** A batch of `bytes` bytes. */
export const big = (bytes: number) => batchOf(['x'.repeat(bytes - 1)]);
