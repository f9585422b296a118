import type { TestContext } from 'node:test';
import { createLink, type LinkEvents } from '../../agent/ship/link.ts';
import type { Sockets } from '../../agent/ship/sockets.ts';
import type { Session } from '../../agent/ship/transport.ts';
import {
  breathe,
  createKeptLog,
  createPlayedTcp,
  createTurnedClock,
  linkOf,
  noSockets,
  type PlayedTcp,
  targetOf,
} from './parts.ts';

/** What becomes of a try to connect. */
type Fate = 'refused' | 'silent' | 'connected' | 'self';

/** A link in a world where the test decides over every connection. Timers of p-retry are the test's too. */
export function createScene(
  t: TestContext,
  fate: (host: string, attempt: number) => Fate,
  sockets: Partial<Sockets> = {},
) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(Math, 'random', () => 0);
  const clock = createTurnedClock();
  const log = createKeptLog();
  const told: string[] = [];
  const tried: string[] = [];
  const connections: PlayedTcp[] = [];
  const sessions: Session[] = [];
  const events: LinkEvents = {
    up(session) {
      told.push(`up ${session.address}`);
      sessions.push(session);
    },
    settled: (batches) => void told.push(`settled ${batches}`),
    excess: () => 0,
    closed: ({ reason }) => void told.push(`closed: ${reason}`),
    leaving: () => void told.push('leaving'),
    failed: (reason) => void told.push(`failed: ${reason}`),
    probe: () => undefined,
  };
  const connectTcp = (host: string, port: number) => {
    const tcp = createPlayedTcp();
    tried.push(host);
    connections.push(tcp);
    const what = fate(host, tried.length);
    if (what === 'self')
      Object.assign(tcp.socket, { localAddress: host, remoteAddress: host, localPort: port, remotePort: port });
    if (what === 'refused') setImmediate(() => tcp.fail('ECONNREFUSED'));
    if (what === 'connected' || what === 'self') setImmediate(() => tcp.say('connect'));
    return tcp.socket;
  };
  const link = createLink({
    link: linkOf(targetOf('tcp', 514, 'log.example')),
    sockets: { ...noSockets, lookup: async () => [{ address: '192.0.2.1', family: 4 }], connectTcp, ...sockets },
    ...{ clock, log, events, retry: { least: 200, ceiling: 30_000 } },
  });
  t.after(() => link.stop());
  /** Lets p-retry's delay pass in steps of 100 ms until the next attempt, and gives its length. */
  async function delay(): Promise<number> {
    const before = tried.length;
    for (let waited = 100; waited <= 60_000; waited += 100) {
      t.mock.timers.tick(100);
      await breathe();
      if (tried.length > before) return waited;
    }
    throw new Error('no attempt within 60 s');
  }
  return { link, clock, log, told, tried, connections, sessions, events, delay };
}
