import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createShipper, type Shipper } from '../../agent/ship/shipper.ts';
import type { UdpSocket } from '../../agent/ship/sockets.ts';
import { costOf } from '../../agent/ship/transport.ts';
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

type Call = {
  readonly what: string;
  readonly messages: string[];
  readonly sent: readonly Sent[];
  readonly link: string;
};

/** A shipper over TCP whose connections the test plays; `answer` decides whether a connection comes about. */
function createScene(
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

const summary = (calls: readonly Call[]) =>
  calls.map(({ what, link, messages }) => [what, link, ...messages].join(' '));

test('what settles at once comes in one call, in order, with the batches that hold no message', async (t) => {
  const { shipper, clock, calls } = createScene(t);
  shipper.start();
  await breathe();
  for (const messages of [['one'], [], ['two'], [], ['three', 'four']]) shipper.send(sentOf(messages));
  await clock.turn(5_000);
  assert.deepEqual(summary(calls), ['changed up', 'settled up one two three four']);
  assert.equal(calls[1]!.sent.length, 5);
});

test('settled is never called from within send, even for a batch that has nothing to wait for', async (t) => {
  const { shipper, calls } = createScene(t);
  shipper.start();
  await breathe();
  shipper.send(sentOf([]));
  assert.equal(calls.length, 1);
  await breathe();
  assert.deepEqual(calls[1]!.sent.length, 1);
});

test('a break is followed by connecting; a reconnect that succeeds sends the window again, in order and marked', async (t) => {
  const { shipper, clock, calls, connections } = createScene(t);
  shipper.start();
  await breathe();
  shipper.send(sentOf(['one']));
  await clock.turn(2_500);
  shipper.send(sentOf(['two']));
  shipper.send(sentOf([]));
  shipper.send(sentOf(['three']));
  connections[0]!.fail('ECONNRESET');
  assert.equal(shipper.link(), 'connecting');
  await breathe();
  assert.equal(shipper.link(), 'up');
  assert.equal(connections[1]!.taken, Buffer.byteLength('two\nthree\n'));
  await clock.turn(5_000);
  assert.deepEqual(summary(calls), [
    'changed up',
    'settled up one',
    'changed connecting',
    'changed up',
    'settled up two three',
  ]);
  assert.deepEqual(
    calls.at(-1)!.sent.map(({ again }) => again),
    [true, false, true],
  );
  assert.deepEqual(shipper.status().messages, { sent: 5, repeated: 2, refused: 0 });
});

test('when the first reconnect fails everything unsettled is handed back, and link() says down only after that', async (t) => {
  const { shipper, clock, calls, connections } = createScene(t, (attempt) => attempt === 1);
  shipper.start();
  await breathe();
  await clock.turn(3_000);
  shipper.send(sentOf(['one'], 11));
  shipper.send(sentOf(['two'], 12));
  connections[0]!.fail('ECONNRESET');
  await breathe();
  assert.deepEqual(summary(calls), [
    'changed up',
    'changed connecting',
    'down: connection refused, nothing listens there connecting one two',
    'changed down',
  ]);
  assert.deepEqual(
    calls[2]!.sent.map(({ row, again }) => [row, again]),
    [
      [11, true],
      [12, true],
    ],
  );
  assert.equal(shipper.room(), 16 * 2 ** 20);
});

test('down is told once for an outage, however many attempts fail; up follows the first that succeeds', async (t) => {
  const { shipper, calls, clock } = createScene(t, (attempt) => attempt > 4);
  shipper.start();
  await breathe();
  for (let i = 0; i < 4; i += 1) {
    t.mock.timers.tick(10_000);
    await breathe();
  }
  await clock.turn(10);
  assert.deepEqual(summary(calls), [
    'down: connection refused, nothing listens there connecting',
    'changed down',
    'changed up',
  ]);
});

test('room shrinks with what is sent, may be overdrawn by one batch, and comes back with the settle', async (t) => {
  const one = sentOf(['x'.repeat(999)]);
  const cost = costOf(one.batch);
  const { shipper, clock } = createScene(t, () => true, { window: 2 * cost - 1 });
  shipper.start();
  await breathe();
  shipper.send(one);
  assert.equal(shipper.room(), cost - 1);
  shipper.send(one);
  assert.equal(shipper.room(), -1);
  await clock.turn(10_000);
  assert.equal(shipper.room(), 2 * cost - 1);
});

test('status tells the state, since when, the address, what is under way, and what went wrong last', async (t) => {
  const { shipper, clock, connections } = createScene(t, (attempt) => attempt > 1);
  const began = clock.now();
  shipper.start();
  assert.deepEqual(shipper.status(), {
    ...{ state: 'connecting', since: began, target: 'tcp://127.0.0.1:514', address: undefined, level: 'flushed' },
    ...{ nextTry: undefined, problem: undefined, underway: [], messages: { sent: 0, repeated: 0, refused: 0 } },
  });
  await breathe();
  const down = shipper.status();
  assert.deepEqual([down.state, down.problem], ['down', 'connection refused, nothing listens there']);
  assert.ok(down.nextTry !== undefined && down.nextTry >= began + 200 && down.nextTry <= began + 400);
  t.mock.timers.tick(1_000);
  await breathe();
  await clock.turn(500);
  shipper.send(sentOf(['one', 'two']));
  const up = shipper.status();
  assert.deepEqual([up.state, up.address, up.nextTry], ['up', '127.0.0.1:514', undefined]);
  assert.deepEqual([messagesOf(up.underway), up.messages.sent], [['one', 'two'], 2]);
  assert.equal(connections.length, 2);
});

test('a stop while the link is not up hands everything back at once, and nothing is called after it', async (t) => {
  const { shipper, calls, connections } = createScene(t, () => false);
  shipper.start();
  shipper.send(sentOf(['one']));
  assert.deepEqual(messagesOf(await shipper.stop(60_000)), ['one']);
  await breathe();
  t.mock.timers.tick(60_000);
  await breathe();
  assert.deepEqual(calls, []);
  assert.ok(connections.every((tcp) => tcp.destroyed));
});

test('a stop whose half-close the server answers settles everything before it resolves', async (t) => {
  const { shipper, clock, calls, connections } = createScene(t);
  shipper.start();
  await breathe();
  shipper.send(sentOf(['one']));
  shipper.send(sentOf([]));
  const stopped = shipper.stop(60_000);
  await breathe();
  assert.equal(connections[0]!.halfClosed, true);
  connections[0]!.say('end');
  await clock.turn(100);
  assert.deepEqual(await stopped, []);
  assert.deepEqual(
    calls.filter(({ what }) => what === 'settled').flatMap(({ messages }) => messages),
    ['one'],
  );
});

test('a stop whose half-close the server ignores ends as soon as everything has lingered', async (t) => {
  const { shipper, clock, calls } = createScene(t);
  shipper.start();
  await breathe();
  shipper.send(sentOf(['one']));
  const stopped = shipper.stop(60_000);
  await clock.turn(2_500);
  assert.deepEqual(await stopped, []);
  assert.deepEqual(calls.at(-1)!.messages, ['one']);
});

test('a stop whose connection breaks gives back what is unsettled, marked, and connects no more', async (t) => {
  const { shipper, clock, connections } = createScene(t);
  shipper.start();
  await breathe();
  shipper.send(sentOf(['one']));
  const stopped = shipper.stop(60_000);
  await breathe();
  connections[0]!.fail('ECONNRESET');
  const left = await stopped;
  assert.deepEqual([messagesOf(left), left[0]!.again], [['one'], true]);
  await clock.turn(60_000);
  assert.equal(connections.length, 1);
});

test('over UDP a dead server gets one datagram an attempt, and the link is down until one of them survives', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = createTurnedClock();
  const log = createKeptLog();
  const arrived: string[] = [];
  const downs: string[][] = [];
  let dead = true;
  const shipper = createShipper({
    link: linkOf(targetOf('udp', 514)),
    sockets: {
      ...noSockets,
      createUdp(): UdpSocket {
        let fail = (_error: Error) => {};
        return {
          connect() {},
          send(bytes, offset, length, done) {
            arrived.push(Buffer.from(bytes.subarray(offset, offset + length)).toString());
            process.nextTick(done, null);
            if (dead) setImmediate(() => fail(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })));
          },
          close() {},
          on(event: string, run: (error: Error) => void) {
            if (event === 'connect') setImmediate(() => run(new Error()));
            else fail = run;
          },
        };
      },
    },
    ...{ clock, log },
    events: { changed() {}, settled() {}, down: (unsettled) => void downs.push(messagesOf(unsettled)) },
  });
  t.after(() => shipper.stop(0));
  shipper.start();
  await breathe();
  assert.equal(shipper.link(), 'up', 'nothing speaks against it yet');
  shipper.send(sentOf(['one', 'two']));
  shipper.send(sentOf(['three']));
  await breathe();
  assert.deepEqual([arrived.splice(0), downs, shipper.link()], [['one', 'two'], [['one', 'two', 'three']], 'down']);
  for (let i = 0; i < 5; i += 1) {
    t.mock.timers.tick(20_000);
    await clock.turn(300);
    assert.deepEqual([arrived.splice(0), shipper.link()], [['one'], 'down']);
  }
  dead = false;
  t.mock.timers.tick(60_000);
  await clock.turn(200);
  assert.equal(shipper.link(), 'down', 'a refusal may still come');
  await clock.turn(100);
  assert.deepEqual([arrived, shipper.link(), downs.length], [['one'], 'up', 1]);
});

test('a record that cannot be carried is named in the log with its cure, and counted', async (t) => {
  const clock = createTurnedClock();
  const log = createKeptLog();
  const socket: UdpSocket = {
    connect() {},
    send: (_bytes, _offset, _length, done) => process.nextTick(done, Object.assign(new Error(), { code: 'EMSGSIZE' })),
    close() {},
    on: (event: string, run: (error: Error) => void) => event === 'connect' && setImmediate(() => run(new Error())),
  };
  const events = { changed() {}, settled() {}, down() {} };
  const link = linkOf(targetOf('udp', 514));
  const shipper = createShipper({ link, sockets: { ...noSockets, createUdp: () => socket }, clock, log, events });
  t.after(() => shipper.stop(0));
  shipper.start();
  await breathe();
  shipper.send(sentOf(['x'.repeat(70_000)]));
  await clock.turn(1_000);
  assert.equal(shipper.status().messages.refused, 1);
  assert.match(
    log.said.join('\n'),
    /error: A record cannot be sent to udp:.* 70000 bytes .* set chunk to less, such as 1024\./,
  );
});
