import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';
import type { Taker } from '../../agent/receive/listener.ts';
import { createCollector } from '../../agent/receive/server.ts';
import { until } from './records.ts';

/** A RELP server on loopback that keeps what it takes, and a client that keeps what it hears. */
async function session(t: TestContext, setup: { written?: () => Promise<boolean>; limit?: number } = {}) {
  const messages: string[] = [];
  const said: string[] = [];
  let brokenOff = 0;
  const taker: Taker = {
    chunk() {},
    take: (bytes, start, end) => void messages.push(bytes.toString('utf8', start, end)),
    brokeOff() {
      brokenOff += 1;
    },
  };
  const collector = createCollector({
    ...{ listen: ['relp://127.0.0.1:0'], taker, written: setup.written ?? (() => Promise.resolve(true)) },
    ...{ clock: realClock, limit: setup.limit ?? 65_536, say: (sentence) => void said.push(sentence) },
  });
  await collector.start();
  t.after(() => collector.close());
  const url = collector.bound()[0]!;
  const socket = connect(Number(url.slice(url.lastIndexOf(':') + 1)), '127.0.0.1');
  let heard = '';
  let over = '';
  socket.on('data', (bytes) => {
    heard += bytes;
  });
  socket.on('end', () => {
    over = 'ended';
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    over = error.code ?? 'error';
  });
  t.after(() => socket.destroy());
  const hears = (text: string) => until(() => heard.endsWith(text));
  return {
    ...{ collector, url, socket, messages, said, hears, brokenOff: () => brokenOff },
    heard: () => heard,
    over: () => until(() => over !== '').then(() => over),
  };
}

const OFFERS = 'relp_version=0\nrelp_software=tailship\ncommands=syslog';
const OPEN = '1 open 15 commands=syslog\n';
const OPENED = `1 rsp ${7 + OFFERS.length} 200 OK\n${OFFERS}\n`;

test('a session is opened with offers, records are answered by their number, and close ends it', async (t) => {
  const { url, socket, messages, said, heard, hears, over } = await session(t);
  assert.match(url, /^relp:\/\/127\.0\.0\.1:\d+$/);
  socket.write(OPEN);
  await hears(OPENED);
  socket.write('2 syslog 5 <14>a\n3 ');
  await hears('2 rsp 6 200 OK\n');
  socket.write('syslog 7 <14>b\nc\n999999999 syslog 0\n7 close 0\n');
  assert.equal(await over(), 'ended');
  assert.equal(heard(), `${OPENED}2 rsp 6 200 OK\n3 rsp 6 200 OK\n999999999 rsp 6 200 OK\n7 rsp 0\n`);
  assert.deepEqual(messages, ['<14>a', '<14>b\nc']);
  assert.deepEqual(said, []);
});

test('a record is answered after it was written and not before', async (t) => {
  let release: ((good: boolean) => void) | undefined;
  let asked = 0;
  const written = () => {
    asked += 1;
    return asked !== 2 ? Promise.resolve(true) : new Promise<boolean>((resolve) => (release = resolve));
  };
  const { socket, messages, heard, hears } = await session(t, { written });
  socket.write(OPEN);
  await hears(OPENED);
  socket.write('2 syslog 5 <14>a\n');
  await until(() => messages.length === 1 && release !== undefined);
  assert.equal(heard(), OPENED);
  release?.(true);
  await hears('2 rsp 6 200 OK\n');
});

test('a record that cannot be written is never answered, and the connection is reset', async (t) => {
  let asked = 0;
  const { socket, heard, hears, over } = await session(t, { written: async () => ++asked === 1 });
  socket.write(OPEN);
  await hears(OPENED);
  socket.write('2 syslog 5 <14>a\n');
  assert.equal(await over(), 'ECONNRESET');
  assert.equal(heard(), OPENED);
});

test('records before the session is open and commands that are not known are refused', async (t) => {
  const { socket, messages, heard, hears } = await session(t);
  socket.write('1 syslog 5 <14>a\n2 open 17 commands=eventlog\n');
  await hears('500 this server takes the command syslog\n');
  assert.match(heard(), /^1 rsp 27 500 the session is not open\n/);
  socket.write(OPEN);
  await hears(OPENED);
  socket.write('2 starttls 0\n');
  await hears('2 rsp 19 500 unknown command\n');
  assert.deepEqual(messages, []);
});

test('whoever does not speak RELP, or announces too much, is shown out with a sentence', async (t) => {
  for (const [text, reason] of [
    ['GET / HTTP/1.1\r\n', /does not speak RELP: what came is no RELP\.$/],
    ['1 syslog 65537 ', /a frame of 65537 bytes was announced, and 65536 is the most\.$/],
  ] as const) {
    const { socket, said, over } = await session(t);
    socket.write(text);
    await over();
    assert.match(said[0]!, reason);
  }
});

test('a connection that ends in the middle of a record is told of, and the record is not written', async (t) => {
  const { socket, messages, said, brokenOff, hears } = await session(t);
  socket.write(OPEN);
  await hears(OPENED);
  socket.end('2 syslog 5 <14>a\n3 syslog 5 <14');
  await until(() => said.length > 0);
  assert.match(said[0]!, /ended without closing its session, in the middle of a record: 14 bytes of it came/);
  assert.deepEqual([messages, brokenOff()], [['<14>a'], 1]);
});

test('a server that stops answers what it has taken and announces that it closes', async (t) => {
  const { collector, socket, heard, hears, over } = await session(t);
  socket.write(OPEN);
  await hears(OPENED);
  socket.write('2 syslog 5 <14>a\n');
  await collector.close();
  assert.equal(await over(), 'ended');
  assert.equal(heard(), `${OPENED}2 rsp 6 200 OK\n0 serverclose 0\n`);
});
