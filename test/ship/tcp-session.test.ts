import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOf } from '../../agent/ship/transport.ts';
import { batchOf, breathe } from './parts.ts';
import { big, connect } from './tcp-scene.ts';

test('a lone batch leaves at once and settles when linger has passed since its acknowledgement was seen', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  assert.equal(tcp.taken, 4);
  await clock.turn(2_150);
  assert.equal(events.settledBatches, 0);
  await clock.turn(100);
  assert.equal(events.settledBatches, 1);
  assert.equal(tcp.looks, 1);
});

test('a connection on which nothing waits is not looked at', async () => {
  const { session, clock, tcp } = connect();
  await clock.turn(60_000);
  assert.equal(tcp.looks, 0);
  session.write(batchOf(['one']));
  await clock.turn(60_000);
  assert.equal(tcp.looks, 1);
});

test('what is written while the table is read is not taken for acknowledged', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  tcp.duringLook = () => {
    tcp.duringLook = () => {};
    tcp.acknowledged = 4;
    session.write(batchOf(['two']));
  };
  await clock.turn(20_000);
  assert.equal(events.settledBatches, 0, 'the second waits unacknowledged, so the clock of the first stands still');
  tcp.acknowledged = 'all';
  await clock.turn(10_000);
  assert.equal(events.settledBatches, 2);
});

test('the clock stands still while the peer does not read, and goes on when it reads again', async () => {
  const { session, clock, tcp, events } = connect();
  session.write(batchOf(['one']));
  await clock.turn(1_000);
  tcp.acknowledged = 4;
  session.write(batchOf(['two']));
  await clock.turn(20_000);
  assert.equal(events.settledBatches, 0);
  tcp.acknowledged = 'all';
  await clock.turn(700);
  assert.equal(events.settledBatches, 0, '1.25 s had passed before the stall');
  await clock.turn(700);
  assert.equal(events.settledBatches, 1);
  await clock.turn(2_000);
  assert.equal(events.settledBatches, 2);
});

test('the table is never read twice at a time', async () => {
  const { session, clock, tcp, events } = connect({ window: 4 * 2 ** 20 });
  tcp.acknowledged = 0;
  events.full = 100_000;
  for (let i = 0; i < 50; i += 1) {
    session.write(big(50_000));
    await clock.turn(30);
  }
  session.finish();
  tcp.acknowledged = 'all';
  tcp.say('end');
  await clock.turn(1_000);
  assert.equal(tcp.looksAtOnce, 1);
  assert.equal(events.end?.orderly, true);
});

for (const row of ['unreadable', 'missing'] as const) {
  test(`where the table is ${row} linger alone counts, and that is said once`, async () => {
    const { session, clock, tcp, events, lost } = connect();
    tcp.row = row;
    for (let i = 0; i < 5; i += 1) {
      session.write(batchOf(['one']));
      await clock.turn(500);
    }
    await clock.turn(3_000);
    assert.equal(events.settledBatches, 5);
    assert.equal(lost.length, 1);
  });
}

test('a full window settles early only what half a window of acknowledged bytes stands behind', async () => {
  const window = 2 ** 20;
  const { session, clock, tcp, events } = connect({ window, linger: Number.POSITIVE_INFINITY });
  const batch = big(65_536);
  tcp.acknowledged = 12 * 65_536;
  for (let i = 0; i < 16; i += 1) session.write(batch);
  await clock.turn(60);
  assert.equal(events.settledBatches, 0);
  events.full = 20 * costOf(batch);
  await clock.turn(5_000);
  assert.equal(events.settledBatches, 4, '12 are acknowledged and 8 of them are the half that stays');
});

test('a full window settles no more than makes the room that is needed', async () => {
  const { session, clock, events } = connect({ window: 2 ** 20, linger: Number.POSITIVE_INFINITY });
  const batch = big(65_536);
  for (let i = 0; i < 16; i += 1) session.write(batch);
  events.full = costOf(batch) + 1;
  events.settled = (count) => {
    events.settledBatches += count;
    events.full = 0;
  };
  await clock.turn(5_000);
  assert.equal(events.settledBatches, 2);
});

test('on a fast stream no look is needed: what no longer fits into the send buffer was acknowledged', async () => {
  const { session, clock, tcp, events } = connect({ window: 4 * 2 ** 20 }, 100_000);
  tcp.sendBuffer = 100_000;
  const batch = big(50_000);
  for (let i = 0; i < 200; i += 1) {
    if (i > 80) events.full = 2 * costOf(batch);
    session.write(batch);
    await breathe();
    await clock.turn(1);
  }
  assert.equal(tcp.looks, 0);
  // 200 batches, less half a window, the send buffer and the kernel's last packet.
  assert.ok(events.settledBatches > 120, `${events.settledBatches}`);
});

test('begun counts the batches that were put on the wire, not those that wait for the socket', async () => {
  const { session, tcp } = connect();
  tcp.sendBuffer = 1;
  tcp.acknowledged = 0;
  for (let i = 0; i < 5; i += 1) session.write(big(600_000));
  assert.equal(session.begun(), 2);
});
