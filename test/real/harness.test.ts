import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { logrotate } from '../harness/logrotate.ts';
import { start, withoutOverride } from '../harness/processes.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

test(
  'the rsyslogd of the tests keeps every message as it came, over TCP in both framings and over UDP',
  needsParts('rsyslog'),
  async (t) => {
    const s = scene(t);
    const server = await startRsyslogd(s);
    const one = '<14>1 2026-07-15T11:30:35+02:00 host app 12 - - {"MSG":"订单 \\"1\\""}';
    net.connect(server.port, '127.0.0.1').end(`${one}\n${Buffer.byteLength(one)} ${one}`);
    await until('both messages are in the file', () => server.lines().length === 2);
    await server.stop();
    await server.start();
    const socket = dgram.createSocket('udp4');
    socket.send(one, server.port, '127.0.0.1', () => socket.close());
    await until('the datagram is in the file', () => server.lines().length === 3);
    assert.deepEqual(server.lines(), [one, one, one]);
  },
);

test(
  'the application of the tests loses no line to logrotate, neither with create nor with a deleted file',
  needsParts('logrotate'),
  async (t) => {
    const s = scene(t);
    const file = s.at('app.log');
    const writer = startWriter(file, { perTick: 3 });
    s.atEnd(writer.stop);
    const live = fs.openSync(file, 'r');
    await until('there are lines', () => writer.lines.length > 100);
    await logrotate(s, file, ['create']);
    await until('the application has noticed', () => fs.statSync(file).size > 0);
    const [rotated = ''] = fs.readdirSync(s.dir).filter((name) => /^app\.log-\d{8}-\d{6}$/.test(name));
    fs.rmSync(s.at(rotated));
    writer.stop();
    const written = [fs.readFileSync(live, 'utf8'), fs.readFileSync(file, 'utf8')].join('');
    fs.closeSync(live);
    assert.equal(written, writer.lines.map((line) => `${line}\n`).join(''));
  },
);

test('file rights hold even for root where a test asks for it', {
  skip: withoutOverride('true', []) ? false : 'setpriv is missing',
}, async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('closed'), 'secret', { mode: 0o000 });
  const [command, args] = withoutOverride('cat', [s.at('closed')]) ?? ['false', []];
  const cat = start(s, command, args);
  assert.equal((await cat.exited).code, 1);
  assert.match(cat.stderr(), /Permission denied/);
});
