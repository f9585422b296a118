/** One suite over every transport: whatever the server does, nothing is lost, order is kept, repeats are bounded. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkConfig } from '../../agent/types.ts';
import { until } from '../harness/wait.ts';
import { startCarrier } from './carrier.ts';
import { messagesOf, sentOf, targetOf } from './parts.ts';
import { allSettled, assertNothingLost, numbers, RECORD, TRANSPORTS, WINDOW } from './promises.ts';
import { startStream, TLS } from './secure.ts';
import { type Server, startUdp } from './servers.ts';

for (const { name, scheme, framing } of TRANSPORTS) {
  const start = (t: TestContext) => {
    return scheme === 'udp' ? startUdp(t) : startStream(t, scheme);
  };
  const carry = (t: TestContext, server: Server, changes: Partial<LinkConfig> = {}) =>
    startCarrier(t, targetOf(scheme, server.port), {
      framing,
      window: WINDOW,
      recordBytes: RECORD,
      ...TLS,
      ...changes,
    });

  describe(name, { concurrency: 4 }, () => {
    test('every record arrives once and in order, and settles', async (t) => {
      const server = await start(t);
      const carrier = carry(t, server);
      for (let i = 0; i < 20; i += 1) {
        carrier.offer(100, 30);
        await sleep(5);
      }
      await allSettled(carrier);
      assert.deepEqual(server.received, numbers(2_000));
      assertNothingLost(carrier, server);
      assert.deepEqual([carrier.repeated, carrier.downs.length], [0, 0]);
      const mark = scheme === 'relp' || scheme === 'relps' || framing === 'octet-counting' ? '1' : '<';
      assert.deepEqual(server.firstBytes, scheme === 'udp' ? [] : [mark], 'framed as configured');
    });

    test('a stop sends what is under way and waits for the proof', async (t) => {
      const server = await start(t);
      const carrier = carry(t, server, { linger: Number.POSITIVE_INFINITY });
      await until('the link is up', () => carrier.shipper.link() === 'up');
      carrier.offer(3_000, 100);
      assert.deepEqual(await carrier.shipper.stop(20_000), []);
      assert.equal(carrier.settled.length, 3_000);
      assertNothingLost(carrier, server);
    });

    test('a stop with the server gone gives everything unsettled back in order, at once', async (t) => {
      const server = await start(t);
      const carrier = carry(t, server, { linger: Number.POSITIVE_INFINITY });
      await server.die();
      carrier.shipper.send(sentOf(['<13>0 x', '<13>1 x']));
      carrier.shipper.send(sentOf([]));
      carrier.shipper.send(sentOf(['<13>2 x']));
      const left = [...carrier.downs.flatMap(({ back }) => back), ...messagesOf(await carrier.shipper.stop(20_000))];
      assert.equal(left.length, 3);
      assert.deepEqual(carrier.settled, []);
    });

    test('what holds no message settles in its place', async (t) => {
      const server = await start(t);
      const carrier = carry(t, server);
      await until('the link is up', () => carrier.shipper.link() === 'up');
      carrier.shipper.send(sentOf([]));
      carrier.offer(1, 1);
      carrier.shipper.send(sentOf([]));
      await until('the first has settled', () => carrier.shipper.status().underway.length === 2);
      assert.deepEqual(carrier.settled, []);
      await until('all has settled', () => carrier.shipper.status().underway.length === 0);
      assert.deepEqual(carrier.settled, [0]);
    });
  });
}
