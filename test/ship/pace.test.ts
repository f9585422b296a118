/** `rate` and `drain_rate`: what is sent keeps to them, message by message, whatever the transport. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createShipper } from '../../agent/ship/shipper.ts';
import type { Shipper } from '../../agent/ship/shipper-types.ts';
import type { LinkConfig } from '../../agent/types.ts';
import {
  breathe,
  createKeptLog,
  createPlayedTcp,
  createTurnedClock,
  linkOf,
  messagesOf,
  noSockets,
  type PlayedTcp,
  sentOf,
  targetOf,
} from './parts.ts';

/** Messages of 10 bytes, their LF included. */
const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `<13>${String(from + i).padStart(5, '0')}`);

function createScene(t: TestContext, changes: Partial<LinkConfig>, scheme: 'tcp' | 'udp' = 'tcp') {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = createTurnedClock();
  const connections: PlayedTcp[] = [];
  const datagrams: number[] = [];
  const settled: string[] = [];
  const back: { readonly messages: string[]; readonly again: boolean }[] = [];
  let changed = 0;
  const shipper: Shipper = createShipper({
    link: linkOf(targetOf(scheme, 514), changes),
    sockets: {
      ...noSockets,
      connectTcp() {
        const tcp = createPlayedTcp();
        connections.push(tcp);
        setImmediate(() => tcp.say('connect'));
        return tcp.socket;
      },
      createUdp: () => ({
        connect() {},
        send(_bytes, _offset, length, done) {
          datagrams.push(length);
          setImmediate(done, null);
        },
        close() {},
        on(event: 'connect' | 'error', run: (error: Error) => void) {
          if (event === 'connect') setImmediate(run as () => void);
        },
      }),
      readTcpTable: () => connections.at(-1)!.readTcpTable(),
    },
    ...{ clock, log: createKeptLog() },
    events: {
      changed() {
        changed += 1;
      },
      settled: (sent) => void settled.push(...messagesOf(sent)),
      down: (sent) => void back.push(...sent.map((one) => ({ messages: messagesOf([one]), again: one.again }))),
    },
  });
  t.after(() => shipper.stop(0));
  shipper.start();
  const taken = () => connections.reduce((sum, tcp) => sum + tcp.taken, 0);
  return { shipper, clock, connections, datagrams, settled, back, taken, changes: () => changed };
}

const RATE_100 = { unit: 'lines', perSecond: 100 } as const;

test('rate in lines: what 50 ms bring goes at once, and from then on no more than the rate', async (t) => {
  const { shipper, clock, taken, settled } = createScene(t, { rate: RATE_100 });
  await breathe();
  shipper.send(sentOf(numbered(0, 300)));
  assert.equal(taken(), 50);
  for (let second = 1; second <= 2; second += 1) {
    await clock.turn(1_000);
    assert.ok(taken() <= 10 * (100 * second + 5) && taken() >= 10 * (100 * second - 5), `${taken()}`);
  }
  await clock.turn(5_000);
  assert.equal(taken(), 3_000);
  assert.deepEqual(settled, numbered(0, 300));
});

test('rate in bytes counts the messages with what ends them', async (t) => {
  const { shipper, clock, taken } = createScene(t, { rate: { unit: 'bytes', perSecond: 1_000 } });
  await breathe();
  shipper.send(sentOf(numbered(0, 300)));
  await clock.turn(2_000);
  assert.ok(taken() >= 1_950 && taken() <= 2_060, `${taken()}`);
});

test('over UDP it is datagrams that keep to the rate', async (t) => {
  const { shipper, clock, datagrams, settled } = createScene(t, { rate: RATE_100 }, 'udp');
  await breathe();
  shipper.send(sentOf(numbered(0, 150)));
  await clock.turn(1_000);
  assert.ok(datagrams.length >= 75 && datagrams.length <= 105, `${datagrams.length}`);
  await clock.turn(2_000);
  assert.deepEqual(settled, numbered(0, 150));
});

test('while messages wait there is no room, and once none does that is told', async (t) => {
  const { shipper, clock, changes } = createScene(t, { rate: RATE_100 });
  await breathe();
  const before = changes();
  shipper.send(sentOf(numbered(0, 4)));
  assert.ok(shipper.room() > 0);
  shipper.send(sentOf(numbered(4, 20)));
  assert.equal(shipper.room(), 0);
  assert.equal(changes(), before);
  await clock.turn(400);
  assert.ok(shipper.room() > 0);
  assert.equal(changes(), before + 1);
});

test('a lone line leaves at once, also with the smallest rate', async (t) => {
  const { shipper, taken } = createScene(t, { rate: { unit: 'lines', perSecond: 1 } });
  await breathe();
  shipper.send(sentOf(numbered(0, 1)));
  assert.equal(taken(), 10);
});

test('drain_rate holds for rows of the spool alone', async (t) => {
  const { shipper, clock, taken } = createScene(t, { drainRate: RATE_100 });
  await breathe();
  shipper.send(sentOf(numbered(0, 1_000)));
  assert.equal(taken(), 10_000);
  shipper.send(sentOf(numbered(1_000, 1_000), 1));
  await clock.turn(1_000);
  const drained = taken() - 10_000;
  assert.ok(drained >= 950 && drained <= 1_050, `${drained}`);
});

test('rate holds for rows of the spool too', async (t) => {
  const both = createScene(t, { drainRate: { unit: 'bytes', perSecond: 10_000 }, rate: RATE_100 });
  await breathe();
  both.shipper.send(sentOf(numbered(0, 1_000), 1));
  await both.clock.turn(1_000);
  assert.ok(both.taken() <= 1_050, `${both.taken()}`);
});

test('a batch of which a part was sent comes whole again after a break, marked, and keeps to the rate', async (t) => {
  const { shipper, clock, connections, settled } = createScene(t, { rate: RATE_100 });
  await breathe();
  shipper.send(sentOf(numbered(0, 10)));
  await clock.turn(2_200);
  shipper.send(sentOf(numbered(10, 100)));
  shipper.send(sentOf(numbered(110, 1)));
  await clock.turn(300);
  connections[0]!.fail('ECONNRESET');
  await breathe();
  assert.deepEqual(
    shipper.status().underway.map(({ again }) => again),
    [true, false],
  );
  assert.ok(connections[1]!.taken <= 50);
  await clock.turn(6_000);
  assert.equal(connections[1]!.taken, 1_010);
  assert.deepEqual(settled, numbered(0, 111));
});

test('an orderly end proves only what was written: what waited for its time is given back', async (t) => {
  const { shipper, clock, connections, settled } = createScene(t, { rate: RATE_100 });
  await breathe();
  shipper.send(sentOf(numbered(0, 5)));
  shipper.send(sentOf(numbered(5, 500)));
  const stopped = shipper.stop(1_000);
  await clock.turn(1_200);
  const left = await stopped;
  assert.deepEqual(messagesOf(left), [...numbered(0, 5), ...numbered(5, 500)]);
  assert.deepEqual(
    left.map(({ again }) => again),
    [true, true],
  );
  assert.deepEqual([connections[0]!.halfClosed, settled], [false, []]);
});

test('a stop waits until what was taken has gone out at its rate, and then half-closes', async (t) => {
  const { shipper, clock, connections, settled } = createScene(t, { rate: RATE_100 });
  await breathe();
  shipper.send(sentOf(numbered(0, 100)));
  const stopped = shipper.stop(3_000);
  await clock.turn(500);
  assert.equal(connections[0]!.halfClosed, false);
  await clock.turn(600);
  assert.equal(connections[0]!.halfClosed, true);
  connections[0]!.say('end');
  await clock.turn(300);
  assert.deepEqual(await stopped, []);
  assert.deepEqual(settled, numbered(0, 100));
});
