import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';
import type { Route } from '../../agent/ship/route.ts';
import { realSockets, type UdpSocket } from '../../agent/ship/sockets.ts';
import type { Address, Session } from '../../agent/ship/transport.ts';
import { createUdp } from '../../agent/ship/udp.ts';
import { until } from '../harness/wait.ts';
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

type Server = { readonly address: Address; readonly messages: string[]; close(): Promise<void> };

async function startServer(t: TestContext, host = '127.0.0.1', port = 0): Promise<Server> {
  const family = host.includes(':') ? 6 : 4;
  const socket = dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
  const messages: string[] = [];
  let open = true;
  socket.on('message', (message) => void messages.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(port, host, resolve));
  const close = async () => {
    if (open) await new Promise<void>((resolve) => socket.close(resolve));
    open = false;
  };
  t.after(close);
  return { address: { host, port: socket.address().port, family }, messages, close };
}

const idle = new AbortController().signal;

/** A session over real sockets and the real clock. */
async function connect(t: TestContext, address: Address, probe?: Buffer) {
  const events = createKeptEvents();
  const link = linkOf(targetOf('udp', address.port));
  const transport = createUdp({ link, sockets: realSockets, clock: realClock, log: createKeptLog() });
  const session = await transport.connect(address, { signal: idle, probe }, events);
  t.after(() => session.close());
  return { session, events };
}

for (const host of ['127.0.0.1', '::1']) {
  test(`to ${host} each message is one datagram without its line feed, in order, and each batch settles`, async (t) => {
    const server = await startServer(t, host);
    const { session, events } = await connect(t, server.address);
    const messages = Array.from({ length: 60 }, (_, i) => `message ${i} ${'x'.repeat(i)}`);
    for (let i = 0; i < 60; i += 20) session.write(batchOf(messages.slice(i, i + 20)));
    await until('all has settled', () => events.settledBatches === 3);
    assert.deepEqual(server.messages, messages);
    assert.equal(events.end, undefined);
  });
}

test('a batch is not settled before a refusal of it would have come', async (t) => {
  const server = await startServer(t);
  const { session, events } = await connect(t, server.address);
  session.write(batchOf(['one']));
  await until('it has come', () => server.messages.length === 1);
  assert.equal(events.settledBatches, 0);
  await until('it has settled', () => events.settledBatches === 1);
});

test('a refused port ends the session, and nothing that was sent shortly before settles', async (t) => {
  const server = await startServer(t);
  const { session, events } = await connect(t, server.address);
  session.write(batchOf(['one']));
  await until('it has settled', () => events.settledBatches === 1);
  await server.close();
  for (let i = 0; i < 5; i += 1) session.write(batchOf([`lost ${i}`]));
  await until('the refusal is seen', () => events.end !== undefined);
  assert.deepEqual([events.end?.orderly, events.settledBatches], [false, 1]);
  assert.match(events.end?.reason ?? '', /connection refused/);
});

test('a session of which nothing is known sends its first batch alone', async (t) => {
  const server = await startServer(t);
  const { session, events } = await connect(t, server.address);
  session.write(batchOf(['one', 'two']));
  session.write(batchOf(['three']));
  await until('the first batch has come', () => server.messages.length === 2);
  assert.deepEqual([session.begun(), events.settledBatches], [1, 0]);
  await until('the rest has come', () => server.messages.length === 3);
  assert.equal(events.settledBatches, 1);
});

test('after a refusal connect sends a probe, and fails as long as that is refused', async (t) => {
  const server = await startServer(t);
  await server.close();
  await assert.rejects(connect(t, server.address, Buffer.from('probe')), /connection refused/);
  const again = await startServer(t, '127.0.0.1', server.address.port);
  const { session } = await connect(t, again.address, Buffer.from('probe'));
  assert.deepEqual(again.messages, ['probe']);
  session.write(batchOf(['one']));
  session.write(batchOf(['two']));
  assert.equal(session.begun(), 2, 'a session with a probe behind it holds nothing back');
});

test('a message that is too large for any datagram is named, passed over once, and holds nothing up', async (t) => {
  const server = await startServer(t);
  const { session, events } = await connect(t, server.address);
  session.write(batchOf(['before', 'x'.repeat(70_000), 'behind']));
  session.write(batchOf(['later']));
  await until('all has settled', () => events.settledBatches === 2);
  assert.deepEqual(server.messages, ['before', 'behind', 'later']);
  assert.equal(events.refusals.length, 1);
  assert.match(events.refusals[0]!, /70000 bytes .* set chunk to less/);
});

test('finish ends the session in order once everything has survived', async (t) => {
  const server = await startServer(t);
  const { session, events } = await connect(t, server.address);
  for (let i = 0; i < 3; i += 1) session.write(batchOf([`message ${i}`]));
  session.finish();
  await until('the session has ended', () => events.end !== undefined);
  assert.deepEqual([events.end?.orderly, events.settledBatches, server.messages.length], [true, 3, 3]);
});

/** A socket whose kernel is the test's. */
function createPlayedUdp() {
  const played = {
    sent: [] as string[],
    atOnce: 0,
    refuse: undefined as string | undefined,
    closed: false,
    fail: (_error: Error) => {},
  };
  let open = 0;
  const socket: UdpSocket = {
    connect() {},
    send(bytes, offset, length, done) {
      open += 1;
      played.atOnce = Math.max(played.atOnce, open);
      const code = played.refuse;
      if (code === undefined) played.sent.push(Buffer.from(bytes.subarray(offset, offset + length)).toString());
      process.nextTick(() => {
        open -= 1;
        done(code === undefined ? null : Object.assign(new Error(code), { code }));
      });
    },
    close() {
      played.closed = true;
    },
    on(event: string, run: (error: Error) => void) {
      if (event === 'connect') setImmediate(() => run(new Error()));
      else played.fail = run;
    },
  };
  return { played, socket };
}

async function connectPlayed(route?: Route) {
  const { played, socket } = createPlayedUdp();
  if (route) socket.route = () => route;
  const log = createKeptLog();
  const clock = createTurnedClock();
  const events = createKeptEvents();
  const link = linkOf(targetOf('udp', 514));
  const transport = createUdp({
    link,
    sockets: { ...noSockets, createUdp: () => socket },
    clock,
    log,
  });
  const address = { host: '192.0.2.1', port: 514, family: 4 } as const;
  const session: Session = await transport.connect(address, { signal: idle, probe: undefined }, events);
  return { played, clock, events, session, log };
}

test('a message that does not go in one packet of the device is sent all the same, and told of once', async () => {
  const { played, clock, events, session, log } = await connectPlayed({ device: 'eth7', mtu: 600 });
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

test('the route of a real socket is that of its device', async (t) => {
  const { address } = await startServer(t);
  const socket = realSockets.createUdp(4);
  t.after(() => socket.close());
  await new Promise<void>((resolve) => {
    socket.on('connect', resolve);
    socket.connect(address.port, address.host);
  });
  assert.deepEqual(socket.route?.(), { device: 'lo', mtu: Number(fs.readFileSync('/sys/class/net/lo/mtu', 'utf8')) });
});

test('a large batch is given to the kernel a few datagrams at a time, and the event loop turns between', async () => {
  const { played, session } = await connectPlayed();
  session.write(batchOf(Array.from({ length: 1_000 }, (_, i) => `message ${i}`)));
  let turns = 0;
  while (played.sent.length < 1_000) {
    turns += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(played.atOnce <= 32, `${played.atOnce} at once`);
  assert.ok(turns >= 1_000 / 32 - 1, `${turns} turns`);
});

test('where the kernel has no room for a datagram, it is sent again a little later and none is lost', async () => {
  const { played, clock, events, session } = await connectPlayed();
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

test('a refusal that waits to be read is heard before anything settles, even if the process slept', async () => {
  const { played, clock, events, session } = await connectPlayed();
  session.write(batchOf(['one']));
  await breathe();
  setImmediate(() => played.fail(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })));
  await clock.sleep(60_000);
  assert.deepEqual([events.settledBatches, events.end?.orderly], [0, false]);
});

test('an abort ends the wait for a probe, and the socket is closed', async () => {
  const { played, socket } = createPlayedUdp();
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
