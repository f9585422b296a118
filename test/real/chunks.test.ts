import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import fs from 'node:fs';
import { test } from 'node:test';
import { startAgent, startReceiver, stopped, writeConfig } from '../harness/agent.ts';
import { received } from '../harness/records.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

const CHUNK = 1024;

/** Passes every datagram on to `port` and keeps it. */
async function startTap(s: Scene, port: number): Promise<{ port: number; datagrams: Buffer[] }> {
  const datagrams: Buffer[] = [];
  const socket = dgram.createSocket('udp4', (datagram) => {
    datagrams.push(datagram);
    socket.send(datagram, port, '127.0.0.1');
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  s.atEnd(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { port: socket.address().port, datagrams };
}

test('a record of 10,000 bytes with Chinese text comes whole over UDP, in datagrams of at most `chunk` bytes that each parse', async (t) => {
  const s = scene(t);
  const receiver = await startReceiver(s, 'udp');
  const tap = await startTap(s, receiver.port);
  const head = 'Jul 15 11:30:35 host app: [12][INFO] [T1] ';
  const text = '订单"已提交"\\完成 ok 😀 '.repeat(400);
  const cut = Buffer.from(head + text)
    .subarray(0, 10_000)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')
    .trimEnd();
  fs.writeFileSync(s.at('app.log'), `${cut}\n${head}the next one\n`);
  const agent = startAgent(s, writeConfig(s, { target: `udp://127.0.0.1:${tap.port}`, syslog: 'json = all' }));
  await until('the receiver has both records', () => receiver.lines().length === 2, { told: agent.stderr });
  assert.equal(await stopped(agent), 0, agent.stderr());

  const parts = tap.datagrams.slice(0, -1);
  assert.ok(parts.length > 10, `${parts.length} parts`);
  for (const datagram of tap.datagrams) assert.ok(datagram.length <= CHUNK, `a datagram of ${datagram.length} bytes`);
  const messages = parts.map((datagram) => new TextDecoder('utf-8', { fatal: true }).decode(datagram));
  assert.equal(messages.map((message) => received(message).line.slice(head.length)).join(''), cut.slice(head.length));
  assert.deepEqual(new Set(messages.map((message) => received(message).at)), new Set([0]));

  assert.deepEqual(
    receiver.lines().map((message) => received(message).line),
    [cut, `${head}the next one`],
  );
  const { code, text: verdict } = await receiver.verdict();
  assert.equal(code, 0, verdict);
  assert.match(verdict, /^Complete: 2 records, 0 repeats, nothing is missing/m);
});
