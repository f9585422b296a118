import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUdp } from '../../agent/ship/udp.ts';
import {
  batchOf,
  breathe,
  createKeptEvents,
  createKeptLog,
  createTurnedClock,
  linkOf,
  noSockets,
  targetOf,
} from './parts.ts';
import { connectPlayed, createPlayedUdp, WAYS } from './udp-scene.ts';

test('a message that does not go in one packet of the device is sent all the same, and told of once', async () => {
  const { played, clock, events, session, log } = await connectPlayed('written', { device: 'eth7', mtu: 600 });
  session.write(batchOf(['a'.repeat(572)]));
  await clock.turn(1_000);
  assert.deepEqual(log.said, []);
  session.write(batchOf(['b'.repeat(573), 'c'.repeat(5_000)]));
  await clock.turn(1_000);
  assert.deepEqual([played.sent.length, events.settledBatches, log.said.length], [3, 2, 1]);
  assert.match(
    log.said[0]!,
    /^warn: A message of 573 bytes to udp:.* goes in fragments, since a packet by eth7 holds 572: .* Set \[syslog\] chunk = 572 or less/,
  );
});

for (const way of WAYS) {
  test(`${way}, a large batch is given to the kernel a few datagrams at a time, and the event loop turns between`, async () => {
    const { played, session } = await connectPlayed(way);
    session.write(batchOf(Array.from({ length: 1_000 }, (_, i) => `message ${i}`)));
    let turns = 0;
    let most = 0;
    while (played.sent.length < 1_000) {
      const before = played.sent.length;
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, played.sent.length - before);
    }
    assert.ok(most <= 32, `${most} in one turn`);
    assert.ok(played.atOnce <= 32, `${played.atOnce} at once`);
    assert.ok(turns >= 1_000 / 32 - 1, `${turns} turns`);
  });
}

for (const way of WAYS) {
  test(`${way}, where the kernel has no room for a datagram, it is sent again a little later and none is lost`, async () => {
    const { played, clock, events, session } = await connectPlayed(way);
    played.refuse = 'ENOBUFS';
    const messages = Array.from({ length: 100 }, (_, i) => `message ${i}`);
    session.write(batchOf(messages));
    await clock.turn(1_000);
    assert.deepEqual([played.sent.length, events.settledBatches], [0, 0]);
    played.refuse = undefined;
    await clock.turn(1_000);
    assert.deepEqual([...played.sent].sort(), [...messages].sort());
    assert.equal(events.settledBatches, 1);
  });
}

test('each batch settles when 250 ms have passed since its own last datagram, and not with the one before it', async () => {
  const { clock, events, session } = await connectPlayed();
  session.write(batchOf(['one']));
  await clock.turn(249);
  assert.equal(events.settledBatches, 0);
  await clock.turn(1);
  assert.equal(events.settledBatches, 1);
  session.write(batchOf(['two']));
  await clock.turn(100);
  session.write(batchOf(['three']));
  await clock.turn(150);
  assert.equal(events.settledBatches, 2);
  await clock.turn(99);
  assert.equal(events.settledBatches, 2);
  await clock.turn(1);
  assert.equal(events.settledBatches, 3);
});

test('a refusal that waits to be read is heard before anything settles, even if the process slept', async () => {
  const { played, clock, events, session } = await connectPlayed();
  session.write(batchOf(['one']));
  await breathe();
  setImmediate(() => played.fail(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })));
  await clock.sleep(60_000);
  assert.deepEqual([events.settledBatches, events.end?.orderly], [0, false]);
});

test('an abort ends the wait for a probe, and the socket is closed', async () => {
  const { played, socket } = createPlayedUdp('written');
  const link = linkOf(targetOf('udp', 514));
  const parts = {
    link,
    sockets: { ...noSockets, createUdp: () => socket },
    clock: createTurnedClock(),
    log: createKeptLog(),
  };
  const controller = new AbortController();
  const attempt = { signal: controller.signal, probe: Buffer.from('probe') };
  const connecting = createUdp(parts).connect({ host: '192.0.2.1', port: 514, family: 4 }, attempt, createKeptEvents());
  await breathe();
  assert.deepEqual(played.sent, ['probe']);
  controller.abort();
  await assert.rejects(connecting, /stopped/);
  assert.equal(played.closed, true);
});

test('while the kernel has no room, the socket waits for it, and all go out in order', async () => {
  const { played, clock, events, session } = await connectPlayed();
  const messages = Array.from({ length: 100 }, (_, i) => `message ${i}`);
  played.room = 10;
  played.keeps = true;
  session.write(batchOf(messages));
  await clock.turn(1_000);
  assert.deepEqual([played.sent.length, played.bySend, events.settledBatches], [10, 22, 0]);
  played.keeps = false;
  played.release();
  await clock.turn(1_000);
  assert.deepEqual(played.sent, messages);
  assert.deepEqual([played.bySend, events.settledBatches], [22, 1]);
});

test('whoever writes is told of a refusal afterwards, and nothing settles', async () => {
  const { played, clock, events, session } = await connectPlayed();
  played.refuse = 'ECONNREFUSED';
  session.write(batchOf(['one', 'two']));
  const toldInThere = events.end;
  await clock.turn(1_000);
  assert.deepEqual(
    [toldInThere, events.settledBatches, events.end?.orderly, played.closed],
    [undefined, 0, false, true],
  );
});

test('nothing is written once the session is closed', async () => {
  const { played, clock, session } = await connectPlayed();
  session.write(batchOf(Array.from({ length: 100 }, (_, i) => `message ${i}`)));
  session.close();
  const before = played.sent.length;
  session.write(batchOf(['late']));
  await clock.turn(1_000);
  assert.equal(played.sent.length, before);
});
