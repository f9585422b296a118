import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';
import { writerOf } from '../../agent/ship/datagrams.ts';
import { codeOf } from '../../agent/ship/reasons.ts';
import { realSockets, type Sockets, type UdpSocket } from '../../agent/ship/sockets.ts';
import type { Address } from '../../agent/ship/transport.ts';
import { createUdp } from '../../agent/ship/udp.ts';
import { until } from '../harness/wait.ts';
import { batchOf, createKeptEvents, createKeptLog, linkOf, targetOf } from './parts.ts';

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
const withoutWriter: Sockets = {
  ...realSockets,
  createUdp: (family) => Object.assign(realSockets.createUdp(family), { writer: undefined }),
};
/** Datagrams are written to the socket's descriptor, or sent by the socket where that is not to be had. */
const WAYS = [
  { way: 'written', sockets: realSockets },
  { way: 'sent', sockets: withoutWriter },
] as const;

/** A session over real sockets and the real clock. */
async function connect(t: TestContext, address: Address, probe?: Buffer, sockets = realSockets) {
  const events = createKeptEvents();
  const link = linkOf(targetOf('udp', address.port));
  const transport = createUdp({ link, sockets, clock: realClock, log: createKeptLog() });
  const session = await transport.connect(address, { signal: idle, probe }, events);
  t.after(() => session.close());
  return { session, events };
}

for (const [host, { way, sockets }] of ['127.0.0.1', '::1'].flatMap((host) =>
  WAYS.map((way) => [host, way] as const),
)) {
  test(`${way} to ${host} each message is one datagram without its line feed, in order, and each batch settles`, async (t) => {
    const server = await startServer(t, host);
    const { session, events } = await connect(t, server.address, undefined, sockets);
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

for (const { way, sockets } of WAYS) {
  test(`${way} to a port that refuses, a message ends the session, and nothing that was sent shortly before settles`, async (t) => {
    const server = await startServer(t);
    const { session, events } = await connect(t, server.address, undefined, sockets);
    session.write(batchOf(['one']));
    await until('it has settled', () => events.settledBatches === 1);
    await server.close();
    for (let i = 0; i < 5; i += 1) session.write(batchOf([`lost ${i}`]));
    await until('the refusal is seen', () => events.end !== undefined);
    assert.deepEqual([events.end?.orderly, events.settledBatches], [false, 1]);
    assert.match(events.end?.reason ?? '', /connection refused/);
  });
}

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

for (const { way, sockets } of WAYS) {
  test(`a message that is too large for any datagram, ${way}, is named, passed over once, and holds nothing up`, async (t) => {
    const server = await startServer(t);
    const { session, events } = await connect(t, server.address, undefined, sockets);
    session.write(batchOf(['before', 'x'.repeat(70_000), 'behind']));
    session.write(batchOf(['later']));
    await until('all has settled', () => events.settledBatches === 2);
    assert.deepEqual(server.messages, ['before', 'behind', 'later']);
    assert.equal(events.refusals.length, 1);
    assert.match(events.refusals[0]!, /70000 bytes .* set chunk to less/);
  });
}

test('finish ends the session in order once everything has survived', async (t) => {
  const server = await startServer(t);
  const { session, events } = await connect(t, server.address);
  for (let i = 0; i < 3; i += 1) session.write(batchOf([`message ${i}`]));
  session.finish();
  await until('the session has ended', () => events.end !== undefined);
  assert.deepEqual([events.end?.orderly, events.settledBatches, server.messages.length], [true, 3, 3]);
});

async function connectedSocket(t: TestContext, { port, host }: Address): Promise<UdpSocket> {
  const socket = realSockets.createUdp(4);
  t.after(() => socket.close());
  await new Promise<void>((resolve) => {
    socket.on('connect', resolve);
    socket.connect(port, host);
  });
  return socket;
}

test('the route of a real socket is that of its device', async (t) => {
  const { address } = await startServer(t);
  const socket = await connectedSocket(t, address);
  assert.deepEqual(socket.route?.(), { device: 'lo', mtu: Number(fs.readFileSync('/sys/class/net/lo/mtu', 'utf8')) });
});

test('the writer of a real socket gives one datagram at a call, and the errors that the socket would tell', async (t) => {
  const server = await startServer(t);
  const socket = await connectedSocket(t, server.address);
  const write = socket.writer?.();
  assert.ok(write, 'node:dgram keeps its handle elsewhere: see agent/ship/datagrams.ts');
  assert.equal(write(Buffer.from('one two'), 0, 3), undefined);
  assert.equal(write(Buffer.from('one two'), 4, 3), undefined);
  await until('both have come', () => server.messages.length === 2);
  assert.deepEqual(server.messages, ['one', 'two']);
  assert.equal(codeOf(write(Buffer.alloc(70_000), 0, 70_000)), 'EMSGSIZE');
  await server.close();
  assert.equal(write(Buffer.from('refused'), 0, 7), undefined);
  assert.equal(codeOf(write(Buffer.from('told'), 0, 4)), 'ECONNREFUSED');
});

test('a socket that is not connected yet has no descriptor, and so no writer', () => {
  const socket = dgram.createSocket('udp4');
  assert.equal(writerOf(socket), undefined);
  socket.close();
});

test('what stands where node:dgram keeps its handle is used only if it is the descriptor of a socket', (t) => {
  const fd = fs.openSync(import.meta.filename, 'r+');
  t.after(() => fs.closeSync(fd));
  for (const state of [undefined, {}, { handle: null }, { handle: { fd: -1 } }, { handle: { fd } }]) {
    const socket = Object.assign(Object.create(dgram.Socket.prototype), { [Symbol('state symbol')]: state });
    assert.equal(writerOf(socket), undefined);
  }
});
