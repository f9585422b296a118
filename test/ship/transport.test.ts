/** One suite over every transport: whatever the server does, nothing is lost, order is kept, repeats are bounded. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkConfig } from '../../agent/types.ts';
import { until } from '../harness/wait.ts';
import { type Carrier, startCarrier } from './carrier.ts';
import { messagesOf, sentOf, targetOf } from './parts.ts';
import { type Server, startRelp, startTcp, startUdp, type Treatment } from './servers.ts';

const TRANSPORTS = [
  { name: 'udp', scheme: 'udp', framing: 'newline' },
  { name: 'tcp, newline framing', scheme: 'tcp', framing: 'newline' },
  { name: 'relp', scheme: 'relp', framing: 'newline' },
  { name: 'tcp, octet counting', scheme: 'tcp', framing: 'octet-counting' },
] as const;

const RECORD = 100;
const WINDOW = 2 ** 20;

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const allSettled = (carrier: Carrier) =>
  until('all has settled', () => carrier.settled.length === carrier.offered, {
    told: () =>
      `${carrier.settled.length} of ${carrier.offered} settled; ${JSON.stringify(carrier.downs.map(({ reason }) => reason))}`,
  });

/** What must hold at any time: settled in order, each once, and only what the server's application has read. */
function assertNothingLost(carrier: Carrier, server: Server): void {
  assert.deepEqual(carrier.settled, numbers(carrier.settled.length));
  const received = new Set(server.received);
  assert.deepEqual(
    carrier.settled.filter((number) => !received.has(number)),
    [],
    'settled and not received',
  );
}

/** On every connection the records come one after the other, and it begins at most one window back. */
function assertOrder(server: Server): void {
  let next = 0;
  for (const numbers of server.connections) {
    const first = numbers[0];
    if (first === undefined) continue;
    assert.ok(first <= next, `a connection began at ${first} after ${next}`);
    assert.ok((next - first) * RECORD <= WINDOW + 64 * 1024, `${next - first} records were repeated at once`);
    for (const [i, number] of numbers.entries()) assert.equal(number, first + i);
    next = Math.max(next, first + numbers.length);
  }
}

for (const { name, scheme, framing } of TRANSPORTS) {
  const starts = { udp: startUdp, tcp: startTcp, relp: startRelp } as const;
  const start = (t: TestContext) => starts[scheme](t);
  const carry = (t: TestContext, server: Server, changes: Partial<LinkConfig> = {}) =>
    startCarrier(t, targetOf(scheme, server.port), { framing, window: WINDOW, recordBytes: RECORD, ...changes });

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
    });

    test('a server that is not there at first: what was sent comes back in order, and arrives when it is there', async (t) => {
      const server = await start(t);
      await server.die();
      const carrier = carry(t, server);
      carrier.offer(500, 50);
      await until('the link is down', () => carrier.shipper.link() === 'down');
      const { back } = carrier.downs[0]!;
      assert.deepEqual(back, numbers(back.length));
      await server.revive();
      await allSettled(carrier);
      assertNothingLost(carrier, server);
      assert.equal(new Set(server.received).size, 500);
    });

    test('a server that dies and comes back again and again under a stream', async (t) => {
      const server = await start(t);
      const carrier = carry(t, server);
      const stream = setInterval(() => carrier.offer(20, 10), 5);
      t.after(() => clearInterval(stream));
      for (let i = 0; i < 6; i += 1) {
        const before = server.received.length;
        await until('the server gets records', () => server.received.length > before + 100);
        await server.die();
        const downs = carrier.downs.length;
        await until('the link is down', () => carrier.downs.length > downs);
        assertNothingLost(carrier, server);
        await server.revive();
      }
      clearInterval(stream);
      await allSettled(carrier);
      assertNothingLost(carrier, server);
      assert.deepEqual([...new Set(server.received)].length, carrier.offered);
      if (scheme !== 'udp') assertOrder(server);
      const { messages } = carrier.shipper.status();
      assert.ok(messages.repeated > 0 && messages.sent >= carrier.offered);
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

/** Misbehaviour that only a stream knows. */
for (const { name, scheme, framing } of TRANSPORTS.filter(({ scheme }) => scheme === 'tcp')) {
  const carry = (t: TestContext, server: Server, changes: Partial<LinkConfig> & { recordBytes?: number } = {}) =>
    startCarrier(t, targetOf(scheme, server.port), { framing, window: WINDOW, recordBytes: RECORD, ...changes });

  /** Reads `bytes` bytes on the first four connections and then does `then`; behaves on all later ones. */
  const after = (bytes: number, then: (socket: Parameters<Treatment>[0]) => void): Treatment => {
    return (socket, read, index) => {
      let left = index < 4 ? bytes : Number.POSITIVE_INFINITY;
      socket.on('data', (chunk) => {
        const part = (chunk as Buffer).subarray(0, left);
        read(part);
        left -= part.length;
        if (left > 0) return;
        socket.pause();
        socket.removeAllListeners('data');
        then(socket);
      });
      socket.resume();
    };
  };

  describe(name, { concurrency: 4 }, () => {
    const HANGUPS = [
      ['hangs up in the middle of a record', after(10_050, (socket) => void socket.destroy())],
      ['resets in the middle of a record', after(10_050, (socket) => void socket.resetAndDestroy())],
      ['closes its half and reads no more', after(10_050, (socket) => void socket.end())],
      ['hangs up before it has read anything', after(1, (socket) => void socket.resetAndDestroy())],
    ] as const;
    for (const [what, treat] of HANGUPS) {
      test(`a server that ${what}`, async (t) => {
        const server = await startTcp(t, treat);
        const carrier = carry(t, server);
        carrier.offer(3_000, 50);
        await until('five connections were made', () => server.connections.length >= 5);
        await allSettled(carrier);
        assertNothingLost(carrier, server);
        assertOrder(server);
        assert.equal(new Set(server.received).size, 3_000);
      });
    }

    test('a server that reads late and slowly', async (t) => {
      const server = await startTcp(t, (socket, read) => {
        socket.on('data', (chunk) => {
          read(chunk as Buffer);
          socket.pause();
          setTimeout(() => socket.resume(), 2);
        });
        setTimeout(() => socket.resume(), 700);
      });
      const carrier = carry(t, server);
      carrier.offer(20_000, 500);
      await allSettled(carrier);
      assert.deepEqual(server.received, numbers(20_000));
      assert.equal(carrier.repeated, 0);
    });

    test('a server that stalls with its window shut and is then killed: nothing is lost', async (t) => {
      const server = await startTcp(t, (socket, read, index) => {
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
      const stalledAt = carrier.settled.length;
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
      const server = await startTcp(t, () => {});
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
      const server = await startTcp(t, () => {});
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
      const server = await startTcp(t, (socket) => void socket.destroy());
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
      const server = await startTcp(t, (socket, read, index) => {
        socket.on('data', read);
        socket.resume();
        if (index === 0) setTimeout(() => socket.end(), 50);
      });
      const carrier = carry(t, server);
      await until('a second connection was made', () => server.connections.length === 2);
      assert.equal(carrier.downs[0]?.reason, 'the server closed the connection');
      carrier.offer(1, 1);
      await allSettled(carrier);
      assert.deepEqual([server.connections[0], server.connections[1]], [[], [0]]);
    });
  });
}
