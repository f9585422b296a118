import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShipper } from '../../agent/ship/shipper.ts';
import type { UdpSocket } from '../../agent/ship/sockets.ts';
import { breathe, createKeptLog, createTurnedClock, linkOf, messagesOf, noSockets, sentOf, targetOf } from './parts.ts';

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
