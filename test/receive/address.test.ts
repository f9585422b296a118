import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindProblem, boundUrl, ListenProblem, readListenUrl } from '../../agent/receive/address.ts';

const SERVED = ['udp', 'tcp'];

test('addresses are taken apart', () => {
  assert.deepEqual(readListenUrl('udp://127.0.0.1:0', SERVED), {
    url: 'udp://127.0.0.1:0',
    scheme: 'udp',
    host: '127.0.0.1',
    port: 0,
  });
  assert.deepEqual(readListenUrl('TCP://[::1]:5514/', SERVED), {
    url: 'TCP://[::1]:5514/',
    scheme: 'tcp',
    host: '::1',
    port: 5514,
  });
  assert.equal(readListenUrl('tcp://localhost', SERVED).port, 514);
  assert.equal(readListenUrl('udp://0.0.0.0', SERVED).port, 514);
});

test('what is no address is refused with an example of one', () => {
  const wrong = [
    '',
    '5514',
    'tcp:127.0.0.1:5514',
    'tcp://',
    'tcp://:5514',
    'tcp://a:b',
    'tcp://a:1/x',
    'tcp://u@a:1',
    'tcp://::1:5514',
  ];
  for (const text of wrong) {
    assert.throws(
      () => readListenUrl(text, SERVED),
      { message: /is not an address to listen on: write it as tcp:\/\//, usage: true },
      text,
    );
  }
  assert.throws(() => readListenUrl('tcp://[1.2.3.4]:1', SERVED), /not an IPv6 address/);
  assert.throws(() => readListenUrl('tcp://a:65536', SERVED), /the highest is 65535/);
});

test('a protocol without a server is refused, and those that have one are named', () => {
  for (const scheme of ['relp', 'tls', 'http']) {
    assert.throws(
      () => readListenUrl(`${scheme}://127.0.0.1:1`, SERVED),
      new RegExp(`Receiving over ${scheme} .* use udp or tcp`),
    );
  }
});

test('a bound address is a URL that can be sent to', () => {
  assert.equal(boundUrl('tcp', { address: '::1', port: 5514 }), 'tcp://[::1]:5514');
  assert.equal(boundUrl('udp', { address: '127.0.0.1', port: 1 }), 'udp://127.0.0.1:1');
});

test('each way in which binding fails has its sentence with a cure', () => {
  const address = readListenUrl('tcp://127.0.0.1:514', SERVED);
  const say = (code: string) => bindProblem(address, Object.assign(new Error(`bind ${code}`), { code })).message;
  assert.match(
    say('EADDRINUSE'),
    /^Cannot listen on tcp:\/\/127\.0\.0\.1:514: TCP port 514 of 127\.0\.0\.1 is in use\..*another port\.$/,
  );
  assert.match(say('EACCES'), /need root or CAP_NET_BIND_SERVICE/);
  assert.match(say('EADDRNOTAVAIL'), /no address 127\.0\.0\.1/);
  assert.match(say('ENOTFOUND'), /no host of the name/);
  assert.match(say('EWHATEVER'), /bind EWHATEVER/);
  assert.ok(bindProblem(address, new Error('x')) instanceof ListenProblem);
});
