import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { realSockets } from '../../agent/ship/sockets.ts';
import { readRows } from '../../agent/ship/tcp-rows.ts';
import { endsOf, findRow, type Pair, pairOf } from '../../agent/ship/tcp-table.ts';
import { until } from '../harness/wait.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const TAIL = '00:00000000 00000000     0        0 1581 1 00000000fe523e76 100 0 0 10 0\n';

function pair(family: 4 | 6, local: [string, number], remote: [string, number]): Pair {
  return { family, local: { host: local[0], port: local[1] }, remote: { host: remote[0], port: remote[1] } };
}

test('a connection is found by both of its ends, and its queue is read as bytes', () => {
  const table = `${HEAD}   0: 00000000:0202 00000000:0000 0A 00000000:00000000 ${TAIL}   1: 0100007F:9C40 0100007F:0202 01 0000ABCD:00000007 ${TAIL}`;
  assert.deepEqual(findRow(table, endsOf(pair(4, ['127.0.0.1', 40_000], ['127.0.0.1', 514]), 'LE')), {
    state: 1,
    unacknowledged: 0xabcd,
  });
  assert.equal(findRow(table, endsOf(pair(4, ['127.0.0.1', 40_000], ['127.0.0.1', 515]), 'LE')), undefined);
  assert.equal(findRow(table, endsOf(pair(4, ['127.0.0.2', 40_000], ['127.0.0.1', 514]), 'LE')), undefined);
  // The other end of the same connection.
  assert.equal(findRow(table, endsOf(pair(4, ['127.0.0.1', 514], ['127.0.0.1', 40_000]), 'LE')), undefined);
});

test('addresses are read in the byte order of the machine, IPv6 and IPv4-mapped ones too', () => {
  const rows = [
    ['LE', '127.0.0.1', '0100007F'],
    ['BE', '127.0.0.1', '7F000001'],
    ['LE', '::1', '00000000000000000000000001000000'],
    ['BE', '::1', '00000000000000000000000000000001'],
    ['LE', '::ffff:192.0.2.7', '0000000000000000FFFF0000070200C0'],
    ['LE', '2001:db8::ff00:42:8329', 'B80D01200000000000FF000029834200'],
    ['LE', 'fe80::1%eth0', '000080FE000000000000000001000000'],
    ['LE', '1:2:3:4:5:6:7:8', '02000100040003000600050008000700'],
  ] as const;
  for (const [order, host, hex] of rows) {
    const table = `${HEAD}   0: ${hex}:9C40 ${hex}:0202 01 00000005:00000000 ${TAIL}`;
    const found = findRow(table, endsOf(pair(6, [host, 40_000], [host, 514]), order));
    assert.equal(found?.unacknowledged, 5, `${order} ${host}`);
  }
});

test('a table is read to the row of the connection, whole wherever its pieces end, and not on to its end', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'tcp');
  const count = 200;
  const ends = (i: number) => endsOf(pair(4, ['127.0.0.1', 40_000 + i], ['127.0.0.1', 514]), 'LE');
  const rows = Array.from(
    { length: count },
    (_, i) => `${i}: ${ends(i)}01 ${i.toString(16).padStart(8, '0').toUpperCase()}:0 ${TAIL}`,
  );
  fs.writeFileSync(file, HEAD + rows.join(''));
  for (let i = 0; i < count; i++) {
    const read = await readRows(file, ends(i));
    assert.equal(findRow(read, ends(i))?.unacknowledged, i);
    assert.ok(i > count - 50 || !read.includes(ends(i + 50)));
  }
  assert.equal(findRow(await readRows(file, ends(count)), ends(count)), undefined);
});

for (const host of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
  const skip = !fs.existsSync('/proc/self/net/tcp') && 'this system has no table of TCP connections under /proc';
  test(`the kernel's own table shows what a peer at ${host} has not acknowledged`, { skip }, async (t) => {
    const server = net.createServer({ pauseOnConnect: true }, (socket) => void t.after(() => socket.destroy()));
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(0, host.startsWith('::f') ? '127.0.0.1' : host, resolve);
    });
    t.after(() => server.close());
    const socket = net.connect((server.address() as net.AddressInfo).port, host);
    t.after(() => socket.destroy());
    await new Promise<void>((resolve) => socket.on('connect', resolve));
    const ends = pairOf(socket);
    assert.ok(ends);
    assert.equal(ends.family, host === '127.0.0.1' ? 4 : 6);
    const row = async () => findRow(await realSockets.readTcpTable(ends.family, endsOf(ends)), endsOf(ends));
    assert.deepEqual(await row(), { state: 1, unacknowledged: 0 });
    socket.write(Buffer.alloc(64 * 2 ** 20));
    await until('the peer has no room left', async () => ((await row())?.unacknowledged ?? 0) > 1000);
    socket.destroy();
    assert.equal(pairOf(socket), undefined);
  });
}
