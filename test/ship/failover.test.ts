/** Several servers, one in use at a time: the first of the list that can be reached. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createShipper } from '../../agent/ship/shipper.ts';
import type { Shipper } from '../../agent/ship/shipper-types.ts';
import type { UdpSocket } from '../../agent/ship/sockets.ts';
import type { LinkConfig, Sent } from '../../agent/types.ts';
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

/** A shipper over servers a, b and c; those in `up` can be reached. */
function createScene(t: TestContext, ...reachable: readonly string[]) {
  return createPacedScene(t, {}, ...reachable);
}

function createPacedScene(t: TestContext, changes: Partial<LinkConfig>, ...reachable: readonly string[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = createTurnedClock();
  const log = createKeptLog();
  const up = new Set(reachable);
  const told: string[] = [];
  const looked: string[] = [];
  const connections: { readonly host: string; readonly tcp: PlayedTcp }[] = [];
  const note = (what: string, sent: readonly Sent[] = []) =>
    void told.push([what, ...sent.flatMap((one) => [...messagesOf([one]), ...(one.again ? ['again'] : [])])].join(' '));
  const link = linkOf(targetOf('tcp', 514, 'a'), changes);
  const shipper: Shipper = createShipper({
    link: { ...link, targets: [...link.targets, targetOf('tcp', 514, 'b'), targetOf('tcp', 514, 'c')] },
    sockets: {
      ...noSockets,
      async lookup(host) {
        looked.push(host);
        return [{ address: host, family: 4 }];
      },
      connectTcp(host) {
        const tcp = createPlayedTcp();
        connections.push({ host, tcp });
        setImmediate(() => (up.has(host) ? tcp.say('connect') : tcp.fail('ECONNREFUSED')));
        return tcp.socket;
      },
      // The peer's close is proof when there is no table.
      readTcpTable: () => connections.findLast(({ tcp }) => !tcp.destroyed)!.tcp.readTcpTable(),
    },
    ...{ clock, log },
    events: {
      changed: () => note(shipper.link()),
      settled: (sent) => note('settled', sent),
      down: (unsettled) => note('down', unsettled),
    },
  });
  t.after(() => shipper.stop(0));
  shipper.start();
  const taken = (host: string) =>
    connections.filter((one) => one.host === host).reduce((sum, { tcp }) => sum + tcp.taken, 0);
  return { shipper, clock, log, up, told, looked, connections, taken };
}

test('the first server that can be reached is used, in the order of the list, and the others are passed over', async (t) => {
  const { shipper, told, log, looked } = createScene(t, 'b', 'c');
  await breathe();
  assert.deepEqual(told, ['up']);
  assert.equal(shipper.status().target, 'tcp://b:514');
  assert.deepEqual(looked, ['a', 'b']);
  assert.deepEqual(log.said, [
    'warn: tcp://a:514 cannot be reached: connection refused, nothing listens there. The next server is tried.',
    'info: Records go to tcp://b:514.',
  ]);
});

test('when the server in use breaks, what it left unsettled goes to the next one in order, without the spool', async (t) => {
  const { shipper, told, clock, up, connections, taken, log } = createScene(t, 'a', 'c');
  await breathe();
  shipper.send(sentOf(['one']));
  await clock.turn(2_500);
  shipper.send(sentOf(['two']));
  shipper.send(sentOf(['three']));
  await breathe();
  up.delete('a');
  connections[0]!.tcp.fail('ECONNRESET');
  await breathe();
  assert.equal(shipper.status().target, 'tcp://c:514');
  assert.equal(taken('c'), Buffer.byteLength('two\nthree\n'));
  await clock.turn(3_000);
  assert.deepEqual(told, ['up', 'settled one', 'connecting', 'up', 'settled two again three again']);
  assert.ok(log.said.includes('warn: Records go to tcp://c:514 now.'));
});

test('a server that accepts and hangs up is passed over like one that cannot be reached', async (t) => {
  const { shipper, told, connections } = createScene(t, 'a', 'b');
  await breathe();
  connections[0]!.tcp.fail('ECONNRESET');
  await breathe();
  assert.equal(shipper.status().target, 'tcp://b:514');
  assert.deepEqual(told, ['up', 'connecting', 'up']);
});

test('only when no server can be reached is the link down, and the reason names each', async (t) => {
  const { shipper, told } = createScene(t);
  shipper.send(sentOf(['one']));
  await breathe();
  assert.deepEqual(told, ['down one', 'down']);
  const refused = 'connection refused, nothing listens there';
  assert.equal(shipper.status().problem, ['a', 'b', 'c'].map((host) => `tcp://${host}:514: ${refused}`).join('; '));
});

test('the first server is gone back to once it was reachable for 30 s, and not when it comes and goes', async (t) => {
  const { shipper, clock, up, told, connections, log } = createScene(t, 'b');
  await breathe();
  up.add('a');
  await clock.turn(35_000);
  up.delete('a');
  await clock.turn(10_000);
  up.add('a');
  await clock.turn(36_000);
  assert.equal(shipper.status().target, 'tcp://b:514');
  shipper.send(sentOf(['one']));
  await clock.turn(1_500);
  const used = connections.find(({ host }) => host === 'b')!.tcp;
  assert.equal(used.halfClosed, true);
  assert.equal(shipper.link(), 'connecting');
  used.say('end');
  await clock.turn(100);
  assert.equal(shipper.status().target, 'tcp://a:514');
  assert.deepEqual(told, ['up', 'connecting', 'settled one', 'up']);
  assert.ok(log.said.some((sentence) => sentence.includes('tcp://a:514 can be reached again')));
  assert.ok(connections.every(({ tcp }) => tcp.destroyed || tcp === connections.at(-1)!.tcp));
});

test('a server that is left and does not close gets 3 s; what it has not confirmed goes to the better one again', async (t) => {
  const { shipper, clock, up, told, taken, connections } = createScene(t, 'b');
  await breathe();
  up.add('a');
  connections.find(({ host }) => host === 'b')!.tcp.acknowledged = 0;
  await clock.turn(41_000);
  shipper.send(sentOf(['one']));
  await clock.turn(1_500);
  assert.equal(shipper.link(), 'connecting');
  shipper.send(sentOf(['two']));
  assert.equal(taken('b'), 4);
  await clock.turn(3_000);
  assert.equal(shipper.status().target, 'tcp://a:514');
  assert.equal(taken('a'), Buffer.byteLength('one\ntwo\n'));
  await clock.turn(3_000);
  assert.deepEqual(told, ['up', 'connecting', 'up', 'settled one again two']);
});

test('what waits for rate when a server is left is not proven by its orderly end, but goes to the better one', async (t) => {
  const rate = { unit: 'lines', perSecond: 20 } as const;
  const { shipper, clock, up, told, connections, taken } = createPacedScene(t, { rate }, 'b');
  await breathe();
  up.add('a');
  await clock.turn(41_700);
  shipper.send(sentOf(['one']));
  shipper.send(sentOf(Array.from({ length: 20 }, () => 'two')));
  await clock.turn(500);
  assert.equal(shipper.link(), 'connecting');
  const before = taken('b');
  assert.ok(before >= 8 && before < 60);
  connections.find(({ host }) => host === 'b')!.tcp.say('end');
  await clock.turn(2_000);
  assert.equal(taken('b'), before);
  assert.equal(taken('a'), 80);
  await clock.turn(3_000);
  assert.equal(told.at(-1), `settled ${Array.from({ length: 20 }, () => 'two').join(' ')} again`);
  assert.ok(told.includes('settled one'));
});

test('over UDP the way back is tried with an empty datagram, which a closed port refuses', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = createTurnedClock();
  const up = new Set(['b']);
  const got: string[] = [];
  function createUdp(): UdpSocket {
    let host = '';
    const failures: ((error: Error) => void)[] = [];
    let connected = () => {};
    return {
      connect(_port, to) {
        host = to;
        setImmediate(connected);
      },
      send(bytes, offset, length, done) {
        got.push(`${host}:${Buffer.from(bytes).toString('latin1', offset, offset + length)}`);
        setImmediate(done, null);
        if (up.has(host)) return;
        for (const fail of failures) setImmediate(fail, Object.assign(new Error(), { code: 'ECONNREFUSED' }));
      },
      close() {},
      on(event: 'connect' | 'error', run: (error: Error) => void) {
        if (event === 'error') failures.push(run);
        else connected = run as () => void;
      },
    };
  }
  const link = linkOf(targetOf('udp', 514, 'a'));
  const shipper: Shipper = createShipper({
    link: { ...link, targets: [...link.targets, targetOf('udp', 514, 'b')] },
    sockets: { ...noSockets, createUdp },
    ...{ clock, log: createKeptLog() },
    events: { changed() {}, settled() {}, down() {} },
  });
  t.after(() => shipper.stop(0));
  shipper.start();
  await breathe();
  shipper.send(sentOf(['one']));
  await clock.turn(1_000);
  assert.equal(shipper.status().target, 'udp://b:514');
  assert.deepEqual(got, ['a:one', 'b:one', 'b:one']);
  await clock.turn(20_000);
  assert.deepEqual(got.slice(3), ['a:', 'a:']);
  up.add('a');
  await clock.turn(60_000);
  assert.equal(shipper.status().target, 'udp://a:514');
});
