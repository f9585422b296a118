import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, breathe } from './parts.ts';
import { big, connect } from './tcp-scene.ts';

test('a close that comes while the table is read waits for that read and for none beside it', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  tcp.duringLook = () => {
    tcp.duringLook = () => {};
    session.finish();
    tcp.say('end');
  };
  await clock.turn(1_000);
  assert.deepEqual([tcp.looks, tcp.looksAtOnce, events.end?.orderly], [1, 1, true]);
});

test('an end or a reset that waits to be read is heard before anything settles, even if the process slept', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  await clock.turn(1_000);
  setImmediate(() => tcp.say('end'));
  await clock.sleep(60_000);
  assert.deepEqual([events.settledBatches, events.end?.orderly], [0, false]);
});

test('a reset or an end from the peer ends the session, and what has not settled does not settle any more', async () => {
  for (const how of ['end', 'ECONNRESET', 'close'] as const) {
    const { session, clock, tcp, events } = connect();
    session.write(batchOf(['one']));
    await clock.turn(2_100);
    if (how === 'ECONNRESET') tcp.fail(how);
    else tcp.say(how);
    await clock.turn(10_000);
    assert.equal(events.settledBatches, 0);
    assert.equal(events.end?.orderly, false);
    assert.equal(tcp.destroyed, true);
  }
});

test('a half-close that the peer answers with its own proves everything, once its TCP has all', async () => {
  const { session, clock, tcp, events } = connect({ linger: Number.POSITIVE_INFINITY });
  session.write(batchOf(['one']));
  await clock.turn(100_000);
  assert.equal(events.settledBatches, 0);
  session.finish();
  assert.equal(tcp.halfClosed, true);
  tcp.say('end');
  await clock.turn(1_000);
  assert.deepEqual(events.end, { orderly: true, reason: 'the server closed the connection in order' });
});

test('a peer that closes without having acknowledged everything proves nothing', async () => {
  const { session, clock, tcp, events } = connect();
  tcp.acknowledged = 2;
  session.write(batchOf(['one']));
  await breathe();
  session.finish();
  tcp.say('end');
  await clock.turn(1_000);
  assert.equal(events.end?.orderly, false);
});

test('a peer whose row is gone when its close is seen has reset the connection', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  await breathe();
  session.finish();
  tcp.row = 'missing';
  tcp.say('end');
  await clock.turn(1_000);
  assert.equal(events.end?.orderly, false);
});

test('the half-close waits for everything that was taken', async () => {
  const { session, clock, tcp } = connect();
  tcp.sendBuffer = 1_000_000;
  tcp.acknowledged = 0;
  for (let i = 0; i < 4; i += 1) session.write(big(900_000));
  session.finish();
  await clock.turn(1_000);
  assert.equal(tcp.halfClosed, false);
  tcp.acknowledged = 'all';
  await clock.turn(5_000);
  assert.equal(tcp.taken, 3_600_000);
  assert.equal(tcp.halfClosed, true);
});

test('data that waits and is not acknowledged for the timeout is an outage', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  await clock.turn(60_000);
  tcp.acknowledged = 4;
  session.write(batchOf(['two']));
  await clock.turn(29_900);
  assert.equal(tcp.destroyed, false);
  await clock.turn(1_000);
  assert.match(events.end?.reason ?? '', /nothing was acknowledged for 30s/);
  assert.equal(events.settledBatches, 1);
});

test('a process that slept does not take its own sleep for an outage of the peer', async () => {
  const { session, clock, events } = connect();
  session.write(batchOf(['one']));
  await clock.sleep(3_600_000);
  await clock.turn(5_000);
  assert.equal(events.end, undefined);
  assert.equal(events.settledBatches, 1);
});

test('an outage is seen too where the table cannot be read: the kernel takes no more', async () => {
  const { session, clock, tcp, events } = connect();
  tcp.row = 'unreadable';
  tcp.sendBuffer = 100;
  tcp.acknowledged = 0;
  session.write(batchOf(['one']));
  session.write(big(200));
  await clock.turn(35_000);
  assert.match(events.end?.reason ?? '', /nothing was acknowledged/);
});

test('after close nothing is told any more', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  session.close();
  tcp.fail('ECONNRESET');
  await clock.turn(60_000);
  assert.equal(events.end, undefined);
  assert.equal(events.settledBatches, 0);
  assert.equal(tcp.destroyed, true);
});
