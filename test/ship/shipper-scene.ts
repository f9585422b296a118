import type { TestContext } from 'node:test';
import { createShipper } from '../../agent/ship/shipper.ts';
import type { Shipper } from '../../agent/ship/shipper-types.ts';
import type { LinkConfig, Sent } from '../../agent/types.ts';
import {
  createKeptLog,
  createPlayedTcp,
  createTurnedClock,
  linkOf,
  messagesOf,
  noSockets,
  type PlayedTcp,
  targetOf,
} from './parts.ts';

export type Call = {
  readonly what: string;
  readonly messages: string[];
  readonly sent: readonly Sent[];
  readonly link: string;
};

/** A shipper over TCP whose connections the test plays; `answer` decides whether a connection comes about. */
export function createScene(
  t: TestContext,
  answer: (attempt: number) => boolean = () => true,
  changes: Partial<LinkConfig> = {},
) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = createTurnedClock();
  const log = createKeptLog();
  const calls: Call[] = [];
  const connections: PlayedTcp[] = [];
  const note = (what: string, sent: readonly Sent[]) =>
    void calls.push({ what, sent, messages: messagesOf(sent), link: shipper.link() });
  const shipper: Shipper = createShipper({
    link: linkOf(targetOf('tcp', 514), changes),
    sockets: {
      ...noSockets,
      connectTcp() {
        const tcp = createPlayedTcp();
        connections.push(tcp);
        const connected = answer(connections.length);
        setImmediate(() => (connected ? tcp.say('connect') : tcp.fail('ECONNREFUSED')));
        return tcp.socket;
      },
      readTcpTable: () => connections.at(-1)!.readTcpTable(),
    },
    ...{ clock, log },
    events: {
      changed: () => note('changed', []),
      settled: (sent) => note('settled', sent),
      down: (unsettled, reason) => note(`down: ${reason}`, unsettled),
    },
  });
  t.after(() => shipper.stop(0));
  return { shipper, clock, log, calls, connections };
}

export const summary = (calls: readonly Call[]) =>
  calls.map(({ what, link, messages }) => [what, link, ...messages].join(' '));
