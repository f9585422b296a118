import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOf } from '../../agent/ship/transport.ts';
import { breathe, messagesOf, sentOf } from './parts.ts';
import { createScene, summary } from './shipper-scene.ts';

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

test('what waited for the socket and was never on the wire comes back unmarked', async (t) => {
  const { shipper, calls, connections } = createScene(t, (attempt) => attempt === 1);
  shipper.start();
  await breathe();
  connections[0]!.sendBuffer = 1;
  for (let i = 0; i < 4; i += 1) shipper.send(sentOf(['x'.repeat(600_000)]));
  connections[0]!.fail('ECONNRESET');
  await breathe();
  const down = calls.find(({ what }) => what.startsWith('down'));
  assert.deepEqual(
    down?.sent.map(({ again }) => again),
    [true, true, false, false],
  );
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
