/** One suite over TCP and TLS: misbehaviour that only a stream knows. RELP has its own, in relp.test.ts. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkConfig } from '../../agent/types.ts';
import { until } from '../harness/wait.ts';
import { startCarrier } from './carrier.ts';
import { targetOf } from './parts.ts';
import { allSettled, assertNothingLost, numbers, RECORD, TRANSPORTS, WINDOW } from './promises.ts';
import { startStream, TLS } from './secure.ts';
import type { Server } from './servers.ts';

for (const { name, scheme, framing } of TRANSPORTS.filter((one) => one.scheme === 'tcp' || one.scheme === 'tls')) {
  const carry = (t: TestContext, server: Server, changes: Partial<LinkConfig> & { recordBytes?: number } = {}) =>
    startCarrier(t, targetOf(scheme, server.port), {
      ...{ framing, window: WINDOW, recordBytes: RECORD },
      ...TLS,
      ...changes,
    });

  describe(name, { concurrency: 4 }, () => {
    test('a server that stalls with its window shut and is then killed: nothing is lost', async (t) => {
      const server = await startStream(t, scheme, (socket, read, index) => {
        let left = index === 0 ? 2_000_000 : Number.POSITIVE_INFINITY;
        socket.on('data', (chunk) => {
          read(chunk as Buffer);
          left -= chunk.length;
          if (left <= 0) socket.pause();
        });
        socket.resume();
      });
      const window = 8 * 2 ** 20;
      const carrier = carry(t, server, { window, linger: 300, recordBytes: 1_000 });
      carrier.offer(30_000, 100);
      await until('the window is full', () => carrier.shipper.room() <= 0 && server.received.length >= 1_900);
      // What the server read before it stalled may still settle; how late that is seen is the machine's matter.
      let [stalledAt, since] = [-1, 0];
      await until('nothing settles any more', () => {
        if (carrier.settled.length !== stalledAt) [stalledAt, since] = [carrier.settled.length, performance.now()];
        return performance.now() - since > 1_000;
      });
      assertNothingLost(carrier, server);
      await sleep(1_500); // Five times linger: what the clock must not count.
      assert.equal(carrier.settled.length, stalledAt);
      assertNothingLost(carrier, server);
      await server.die();
      await server.revive();
      await allSettled(carrier);
      assertNothingLost(carrier, server);
      assert.equal(new Set(server.received).size, 30_000);
    });

    test('a server that accepts and never reads: an outage after the timeout, and everything comes back', async (t) => {
      const server = await startStream(t, scheme, () => {});
      const carrier = carry(t, server, { window: 8 * 2 ** 20, timeout: 600, recordBytes: 1_000 });
      carrier.offer(20_000, 100);
      await until('the link is down', () => carrier.downs.length > 0);
      assert.match(carrier.downs[0]!.reason, /nothing was acknowledged for 600ms although data waits/);
      assert.deepEqual([carrier.settled, server.received], [[], []]);
      const { back } = carrier.downs[0]!;
      assert.deepEqual(back, numbers(back.length));
      assert.ok(back.length >= 8_000);
    });

    test('a stop ends in its time although the server never reads, and everything comes back', async (t) => {
      const server = await startStream(t, scheme, () => {});
      const carrier = carry(t, server, { window: 8 * 2 ** 20, recordBytes: 1_000 });
      carrier.offer(20_000, 100);
      await until('the window is full', () => carrier.shipper.room() <= 0);
      const underway = carrier.shipper.status().underway.length;
      const began = performance.now();
      const left = await carrier.shipper.stop(300);
      assert.ok(performance.now() - began < 5_000);
      assert.equal(left.length, underway);
      assert.deepEqual(carrier.settled, []);
      const again = left.filter((sent) => sent.again).length;
      assert.ok(again > 0 && again < underway, 'only what was on the wire is marked');
    });

    test('a server that accepts and hangs up at once is not stormed', async (t) => {
      const server = await startStream(t, scheme, (socket) => void socket.destroy());
      const carrier = carry(t, server);
      carrier.offer(10, 1);
      await until('ten connections were made', () => server.connections.length >= 10);
      const began = performance.now();
      const before = server.connections.length;
      await sleep(500);
      const seconds = (performance.now() - began) / 1_000;
      assert.ok((server.connections.length - before) / seconds <= 15, 'the delay has reached its ceiling of 100 ms');
      assert.deepEqual(carrier.settled, []);
    });

    test('a half-closed peer is noticed while nothing is written', async (t) => {
      const server = await startStream(t, scheme, (socket, read, index) => {
        socket.on('data', read);
        socket.resume();
        socket.write('220 a server that greets its clients\r\n');
        if (index === 0) setTimeout(() => socket.end(), 50);
      });
      const carrier = carry(t, server);
      await until('a second connection was made', () => server.connections.length === 2);
      assert.match(carrier.downs[0]?.reason ?? '', /^the server closed the connection(;|$)/);
      carrier.offer(1, 1);
      await allSettled(carrier);
      assert.deepEqual([server.connections[0], server.connections[1]], [[], [0]]);
    });
  });
}
