import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turnLoop } from 'node:timers/promises';
import { realClock } from '../../agent/ops/clock.ts';
import type { Taker } from '../../agent/receive/listener.ts';
import { createCollector } from '../../agent/receive/server.ts';
import type { Clock } from '../../agent/types.ts';
import type { Fault } from '../../agent/wire/framing.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { until } from './records.ts';

type Setup = {
  readonly listen?: readonly string[];
  readonly limit?: number;
  readonly written?: () => Promise<boolean>;
  readonly clock?: Clock;
};

/** A collector on loopback that keeps what it takes; closed when the test ends. */
async function collect(t: TestContext, setup: Setup = {}) {
  const messages: string[] = [];
  const faults: (Fault | undefined)[] = [];
  const said: string[] = [];
  let brokenOff = 0;
  const taker: Taker = {
    chunk() {},
    take(bytes, start, end, fault) {
      messages.push(bytes.toString('utf8', start, end));
      faults.push(fault);
    },
    brokeOff() {
      brokenOff += 1;
    },
  };
  const collector = createCollector({
    listen: setup.listen ?? ['tcp://127.0.0.1:0'],
    taker,
    written: setup.written ?? (() => Promise.resolve(true)),
    clock: setup.clock ?? realClock,
    limit: setup.limit ?? 65_536,
    say: (sentence) => void said.push(sentence),
  });
  await collector.start();
  t.after(() => collector.close());
  return {
    collector,
    messages,
    faults,
    said,
    brokenOff: () => brokenOff,
    port: (i = 0) => portOf(collector.bound()[i]!),
  };
}

const portOf = (url: string) => Number(url.slice(url.lastIndexOf(':') + 1));

/** A connected client; `over` tells how the server ended it. */
async function client(port: number, host = '127.0.0.1'): Promise<{ socket: Socket; over: Promise<string> }> {
  const socket = connect(port, host);
  const over = new Promise<string>((resolve) => {
    socket.on('end', () => resolve('ended'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });
  socket.resume();
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { socket, over };
}

test('both framings on one connection are told apart', async (t) => {
  const { messages, port } = await collect(t);
  const { socket, over } = await client(port());
  socket.end('<14>a\n5 <14>b7 <14>c\nd<14>e\r\n');
  assert.equal(await over, 'ended');
  assert.deepEqual(messages, ['<14>a', '<14>b', '<14>c\nd', '<14>e']);
});

test('when the peer half-closes, everything is taken and written before our side is closed', async (t) => {
  let release: ((good: boolean) => void) | undefined;
  const written = () =>
    new Promise<boolean>((resolve) => {
      release = resolve;
    });
  const { messages, port } = await collect(t, { written });
  const { socket, over } = await client(port());
  socket.end('<14>a\n'.repeat(50_000));
  await until(() => release !== undefined);
  assert.equal(messages.length, 50_000);
  assert.equal(await Promise.race([over, turnLoop('open')]), 'open');
  release!(true);
  assert.equal(await over, 'ended');
});

test('when what came cannot be written, our side is reset and not closed', async (t) => {
  const { port } = await collect(t, { written: () => Promise.resolve(false) });
  const { socket, over } = await client(port());
  socket.end('<14>a\n');
  assert.equal(await over, 'ECONNRESET');
});

test('many connections are served at once, each with its own stream', async (t) => {
  const { messages, port } = await collect(t);
  const clients = await Promise.all(Array.from({ length: 50 }, () => client(port())));
  for (const half of [0, 1]) {
    for (const [i, { socket }] of clients.entries()) socket.write(half === 0 ? `<14>cl` : `ient ${i}\n`);
    if (half === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { socket } of clients) socket.end();
  await Promise.all(clients.map(({ over }) => over));
  assert.deepEqual(new Set(messages), new Set(clients.map((_, i) => `<14>client ${i}`)));
});

test('an unterminated last message is given out as such, a counted one that broke off is told', async (t) => {
  const { messages, faults, said, brokenOff, port } = await collect(t);
  const first = await client(port());
  first.socket.end('<14>a\n<14>b');
  await first.over;
  assert.deepEqual(
    [messages, faults],
    [
      ['<14>a', '<14>b'],
      [undefined, 'unterminated'],
    ],
  );
  const second = await client(port());
  second.socket.end('50 <14>c');
  await second.over;
  assert.equal(messages.length, 2);
  assert.equal(brokenOff(), 1);
  assert.match(
    said[0]!,
    /^The connection from 127\.0\.0\.1:\d+ ended in the middle of a message: 5 bytes of it came and are not written\.$/,
  );
});

test('a connection that is reset is told, and the server goes on', async (t) => {
  const { messages, said, port } = await collect(t);
  const first = await client(port());
  first.socket.write('<14>a\n9 <14>');
  await until(() => messages.length === 1);
  first.socket.resetAndDestroy();
  await until(() => said.length === 1);
  assert.match(said[0]!, /broke \(.*ECONNRESET\) in the middle of a message: 4 bytes/);
  const second = await client(port());
  second.socket.end('<14>b\n');
  await second.over;
  assert.deepEqual(messages, ['<14>a', '<14>b']);
});

test('a message above the limit is cut', async (t) => {
  const { messages, faults, port } = await collect(t, { limit: 8 });
  const { socket, over } = await client(port());
  socket.end('<14>aaaaaaaaaa\n999999999 <14>bbbbbbbbbb');
  await over;
  assert.deepEqual([messages, faults], [['<14>aaaa'], ['cut']]);
});

test('a datagram is a message, without the line end that some senders add', async (t) => {
  const { messages, port } = await collect(t, { listen: ['udp://127.0.0.1:0'] });
  const socket = createSocket('udp4');
  t.after(() => void socket.close());
  for (const text of ['<14>a', '<14>b\n', '<14>c\r\n', '<14>d\0', '12 <14>e\nf', '\n'])
    socket.send(text, port(), '127.0.0.1');
  await until(() => messages.length >= 5);
  assert.deepEqual(messages.slice(0, 5), ['<14>a', '<14>b', '<14>c', '<14>d', '12 <14>e\nf']);
});

test('several addresses of both kinds and both families are served, each with its real port', async (t) => {
  const listen = ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'udp://[::1]:0', 'tcp://[::1]:0'];
  const { collector, messages, port } = await collect(t, { listen });
  assert.ok(collector.bound().every((url, i) => url.startsWith(listen[i]!.slice(0, -1)) && portOf(url) > 0));
  const sockets = [createSocket('udp4'), createSocket('udp6')] as const;
  t.after(() => {
    for (const socket of sockets) socket.close();
  });
  sockets[0].send('<14>udp4', port(0), '127.0.0.1');
  sockets[1].send('<14>udp6', port(2), '::1');
  (await client(port(1))).socket.end('<14>tcp4\n');
  (await client(port(3), '::1')).socket.end('<14>tcp6\n');
  await until(() => messages.length === 4);
  assert.deepEqual([...messages].sort(), ['<14>tcp4', '<14>tcp6', '<14>udp4', '<14>udp6']);
});

for (const scheme of ['tcp', 'udp']) {
  test(`a ${scheme} port in use is an error that names the address and the cure, and lets go of the others`, async (t) => {
    const { port } = await collect(t, { listen: [`${scheme}://127.0.0.1:0`] });
    const url = `${scheme}://127.0.0.1:${port()}`;
    const second = createCollector({
      listen: ['tcp://127.0.0.1:0', url],
      taker: { chunk() {}, take() {}, brokeOff() {} },
      ...{ written: () => Promise.resolve(true), clock: realClock, limit: 1000, say() {} },
    });
    await assert.rejects(() => second.start(), {
      name: 'ListenProblem',
      message: new RegExp(
        `^Cannot listen on ${url}: .* is in use\\. See who has it with: ss -ln.*or listen on another port\\.$`,
      ),
    });
    assert.deepEqual(second.bound(), []);
  });
}

test('while the output is blocked nothing is read from TCP, and afterwards nothing is missing', async (t) => {
  const { collector, messages, port } = await collect(t);
  const other = await collect(t);
  const { socket, over } = await client(port());
  collector.pause(true);
  const late = await client(port());
  late.socket.end('<14>late\n');
  // More than all the buffers on the way can hold.
  const line = `<14>${'x'.repeat(1019)}\n`;
  socket.end(line.repeat(16_384));
  // Another server in this process takes a stream from begin to end meanwhile: this one had every chance to read.
  const witness = await client(other.port());
  witness.socket.end(line.repeat(16_384));
  await witness.over;
  assert.deepEqual(messages, []);
  assert.ok(socket.writableLength > 0, 'the sender is held up');
  collector.pause(false);
  await Promise.all([over, late.over]);
  assert.equal(messages.length, 16_385);
});

test('datagrams that come while the output is blocked are dropped and told', async (t) => {
  const { collector, messages, said, port } = await collect(t, { listen: ['udp://127.0.0.1:0'] });
  const socket = createSocket('udp4');
  t.after(() => void socket.close());
  collector.pause(true);
  socket.send('<14>a', port(), '127.0.0.1');
  await collector.close();
  assert.deepEqual(messages, []);
  assert.match(said[0]!, /^1 datagrams to udp:\/\/127\.0\.0\.1:0 were dropped/);
});

test('closing takes what is still coming in, and resets who has not half-closed', async (t) => {
  const clock = createTurnedClock();
  const { collector, messages, port } = await collect(t, { clock });
  const address = port();
  const { socket, over } = await client(address);
  const count = 1_000_000;
  socket.write('<14>a\n'.repeat(count));
  await until(() => messages.length > 0);
  let closed = false;
  void collector.close().then(() => {
    closed = true;
  });
  await until(() => messages.length === count);
  assert.equal(closed, false);
  await until(() => {
    clock.turn(1000);
    return closed;
  });
  assert.equal(await over, 'ECONNRESET');
  const again = await new Promise<string | undefined>((resolve) => {
    connect(address, '127.0.0.1').once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  assert.equal(again, 'ECONNREFUSED');
});
