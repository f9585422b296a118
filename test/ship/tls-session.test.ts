/** What a TLS connection says of its own bytes, and that nothing settles before they are acknowledged. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { realClock } from '../../agent/ops/clock.ts';
import { createTcpSession } from '../../agent/ship/tcp-session.ts';
import { createTlsSocket } from '../../agent/ship/tls-socket.ts';
import { certificates } from '../harness/certificates.ts';
import { until } from '../harness/wait.ts';
import {
  batchOf,
  breathe,
  createKeptEvents,
  createPlayedTcp,
  createTurnedClock,
  linkOf,
  noSockets,
  targetOf,
} from './parts.ts';

const HANDSHAKE = 1_000;

/** A session over a connection whose wire holds a handshake before what is written. */
function connect() {
  const clock = createTurnedClock();
  const tcp = createPlayedTcp();
  const events = createKeptEvents();
  const wireBytes = () => HANDSHAKE + tcp.taken;
  const session = createTcpSession({
    ...{ link: linkOf(targetOf('tls', 6514)), clock, events, frame: (batch) => batch.payload },
    ...{ sockets: { ...noSockets, readTcpTable: tcp.readTcpTable }, address: '127.0.0.2:514' },
    socket: Object.defineProperties(Object.create(tcp.socket), { wireBytes: { value: wireBytes } }),
    ...{ sendLimit: Number.POSITIVE_INFINITY, tableLost: () => {} },
  });
  return { session, clock, tcp, events };
}

test('what the peer has of the handshake counts for no record', async () => {
  const { session, clock, tcp, events } = connect();
  tcp.acknowledged = 0;
  session.write(batchOf(['x'.repeat(499)]));
  await breathe();
  session.write(batchOf(['y'.repeat(499)]));
  await clock.turn(10_000);
  assert.ok(tcp.looks > 0);
  assert.equal(events.settledBatches, 0);
  tcp.acknowledged = 'all';
  await clock.turn(10_000);
  assert.equal(events.settledBatches, 2);
});

test('where the table cannot be used, linger alone counts from the moment that the kernel has a record', async () => {
  const { session, clock, tcp, events } = connect();
  tcp.row = 'unreadable';
  tcp.acknowledged = 0;
  session.write(batchOf(['one']));
  await clock.turn(1_500);
  assert.equal(events.settledBatches, 0);
  await clock.turn(2_000);
  assert.equal(events.settledBatches, 1);
});

/** How a session ends whose peer closes as soon as it hears of the end, whereupon the table forgets the connection. */
async function endOf({ session, clock, tcp, events }: ReturnType<typeof connect>) {
  session.write(batchOf(['one']));
  await breathe();
  session.finish();
  // No longer than that, or a look that falls due anyway would tell.
  while (!tcp.halfClosed) await clock.turn(20);
  tcp.row = 'missing';
  tcp.say('end');
  await clock.turn(1_000);
  return events.end;
}

test('a peer that closes first, and is forgotten then, has everything that was acknowledged before', async () => {
  const connection = connect();
  assert.deepEqual(await endOf(connection), { orderly: true, reason: 'the server closed the connection in order' });
});

test('a peer that closes first, is forgotten then, and has not acknowledged everything before, proves nothing', async () => {
  const connection = connect();
  connection.tcp.acknowledged = 0;
  assert.equal((await endOf(connection))?.orderly, false);
});

test('when a write is through, the bytes of the connection are those up to its end and no more', async (t) => {
  const { authority, server: own } = certificates();
  let below: Socket | undefined;
  let got = 0;
  const notes: { written: number; wire: number }[] = [];
  const server = tls.createServer({ ...own, noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      got += bytes.length;
    });
  });
  server.on('connection', (socket) => {
    below = socket;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const raw = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(raw, 'connect');
  const client = tls.connect({ socket: raw, ca: authority.cert, host: 'localhost' });
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  const socket = createTlsSocket({
    raw,
    tls: client,
    reasonOf: String,
    closedBecause: () => undefined,
    clock: realClock,
  });
  const before = raw.bytesWritten;
  let written = 0;
  for (const size of [1, 100, 70_000, 300_000, 16_384, 2_000_000, 5, 5, 5, 40_000]) {
    written += size;
    const end = written;
    socket.write(Buffer.alloc(size), () => notes.push({ written: end, wire: socket.wireBytes!() }));
  }
  await until('all has arrived', () => got === written && notes.length === 10);
  assert.equal(notes.at(-1)!.wire, below!.bytesRead);
  // One byte, its record, and the end of the handshake.
  assert.ok(notes[0]!.wire < before + 200, `the first write was through at ${notes[0]!.wire - before}`);
  assert.deepEqual(
    notes.map((note) => note.written),
    notes.map((note) => note.written).toSorted((a, b) => a - b),
  );
  for (const note of notes) assert.ok(note.wire > note.written && note.wire <= below!.bytesRead, JSON.stringify(note));
});
