import assert from 'node:assert/strict';
import fs from 'node:fs';
import { connect as connectPlain } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { realClock } from '../../agent/ops/clock.ts';
import type { ListenTls } from '../../agent/receive/listener.ts';
import { createCollector } from '../../agent/receive/server.ts';
import { certificates, writeCertificate } from '../harness/certificates.ts';
import { until } from './records.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
after(() => fs.rmSync(folder, { recursive: true }));
const { authority, server, client } = certificates();
const { cert: ca } = writeCertificate(folder, 'authority', authority);
const own = writeCertificate(folder, 'server', server);
const trusting = { ca: authority.cert, host: 'localhost', allowHalfOpen: true };

/** A collector over TLS that keeps what it takes. */
async function collect(t: TestContext, tls: Partial<ListenTls> = {}, written = true) {
  const messages: string[] = [];
  const said: string[] = [];
  const collector = createCollector({
    listen: ['tls://127.0.0.1:0'],
    taker: {
      chunk() {},
      take: (bytes, start, end) => void messages.push(bytes.toString('utf8', start, end)),
      brokeOff() {},
    },
    ...{ written: async () => written, clock: realClock, limit: 65_536, say: (sentence) => void said.push(sentence) },
    tls: { ...own, ca: undefined, ...tls },
  });
  await collector.start();
  t.after(() => collector.close());
  const [url = ''] = collector.bound();
  return { collector, messages, said, url, port: Number(url.slice(url.lastIndexOf(':') + 1)) };
}

/** Sends, half-closes, and tells how the server ended it. */
function send(port: number, text: string, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({ port, ...trusting, ...options });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('end', () => resolve('ended'));
    socket.on('secureConnect', () => socket.resume().end(text));
  });
}

test('messages over TLS in both framings arrive, and the end is answered when all is written', async (t) => {
  const { port, url, messages } = await collect(t);
  assert.match(url, /^tls:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(await send(port, '<14>a\n5 <14>b7 <14>c\nd'), 'ended');
  assert.deepEqual(messages, ['<14>a', '<14>b', '<14>c\nd']);
});

test('where what came cannot be written the connection is reset, so that nobody takes its end for a proof', async (t) => {
  const { port } = await collect(t, {}, false);
  assert.equal(await send(port, '<14>a\n'), 'ECONNRESET');
});

test('with an authority named, only clients with a certificate of it get in', async (t) => {
  const { port, messages } = await collect(t, { ca });
  assert.notEqual(await send(port, '<14>without\n'), 'ended');
  assert.equal(await send(port, '<14>with\n', { cert: client.cert, key: client.key }), 'ended');
  assert.deepEqual(messages, ['<14>with']);
});

test('a client that does not speak TLS is told of, and others go on', async (t) => {
  const { port, messages, said } = await collect(t);
  const plain = connectPlain(port, '127.0.0.1');
  t.after(() => plain.destroy());
  plain.on('error', () => {});
  plain.write('<14>in the clear\n');
  await until(() => said.length > 0);
  assert.match(said[0]!, /^The TLS handshake with 127\.0\.0\.1:\d+ failed: what came is not TLS\.$/);
  assert.equal(await send(port, '<14>a\n'), 'ended');
  assert.deepEqual(messages, ['<14>a']);
});

test('closing does not wait for a client in the middle of its handshake', async (t) => {
  const { port, collector } = await collect(t);
  const silent = connectPlain(port, '127.0.0.1');
  t.after(() => silent.destroy());
  const over = new Promise((resolve) =>
    silent
      .on('close', resolve)
      .on('error', () => {})
      .resume(),
  );
  await new Promise<void>((resolve) => silent.once('connect', resolve));
  await until(() => silent.readyState === 'open');
  await collector.close();
  await over;
});

test('what is missing or wrong of the files is said before anything is bound', async (t) => {
  const cases: [Partial<ListenTls>, RegExp][] = [
    [{ key: undefined }, /needs a certificate and its private key: add --cert FILE and --key FILE\.$/],
    [{ cert: `${folder}/absent.pem` }, /Cannot listen on tls:.+ENOENT.+absent\.pem/],
    [{ key: own.cert }, /holds no private key in PEM form/],
    [{ cert: ca }, /the key in .+server\.key does not belong to the first certificate in .+authority\.pem/],
    [{ ca: own.key }, /server\.key holds a private key and no certificate/],
  ];
  for (const [tls, sentence] of cases) await assert.rejects(collect(t, tls), sentence);
});
