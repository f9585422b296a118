import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breathe, messagesOf, sentOf } from './parts.ts';
import { createScene } from './shipper-scene.ts';

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
