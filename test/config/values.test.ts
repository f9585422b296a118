import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERYTHING } from '../../agent/shape/select.ts';
import { config, destination, folder, input, problem } from './load.ts';

test('the defaults are those of the manual', () => {
  const { inputs, destinations, spool, log } = config('');
  const { transform, ...rest } = inputs[0]!;
  assert.deepEqual(rest, {
    ...{ name: 'input', named: false, paths: ['/var/log/app/app.log'], start: 'beginning', rotated: undefined },
    state: '/var/lib/tailship/spool.db',
    ...{ poll: 1000, watch: 'auto', encoding: 'utf-8', maxLine: 2 ** 20, closeAfter: 5000, holdSize: 0, holdAge: 0 },
  });
  assert.deepEqual(
    [transform.pattern, transform.unmatched, transform.timezone],
    [{ builtin: 'app' }, 'ship', 'Europe/Berlin'],
  );
  const target = { url: 'udp://127.0.0.1:514', scheme: 'udp', host: '127.0.0.1', port: 514 };
  assert.deepEqual(destinations, [
    {
      name: 'syslog',
      record: {
        format: 'rfc5424',
        chunk: 1024,
        json: 'own',
        hostname: 'host',
        sdId: 'tail@32473',
        mark: undefined,
        reportLoss: true,
        select: EVERYTHING,
        template: undefined,
        recordTemplate: undefined,
      },
      link: {
        ...{
          targets: [target],
          framing: 'newline',
          linger: 2000,
          window: 16 * 2 ** 20,
          timeout: 30_000,
          balance: 'failover',
        },
        ...{ rate: undefined, drainRate: undefined },
        tls: { ca: undefined, cert: undefined, key: undefined, verify: true },
      },
    },
  ]);
  const path = '/var/lib/tailship/spool.db';
  assert.deepEqual(spool, { path, maxSize: undefined, maxAge: undefined, full: 'block', sync: 'normal' });
  assert.deepEqual(log, { level: 'info' });
});

test('sizes take KiB MiB GiB kB MB GB and plain bytes, times ms s m h d', () => {
  for (const [text, bytes] of Object.entries({
    '2KiB': 2048,
    '3 MiB': 3 * 2 ** 20,
    '1GiB': 2 ** 30,
    '2kB': 2000,
    '3MB': 3e6,
    '1GB': 1e9,
    9000: 9000,
  })) {
    assert.equal(input(`[input]\nmax_line = ${text}\n`).maxLine, bytes);
  }
  for (const [text, ms] of Object.entries({
    '250ms': 250,
    '3s': 3000,
    '2m': 120_000,
    '1h': 3_600_000,
    '1d': 86_400_000,
  })) {
    assert.equal(input(`[input]\nclose_after = ${text}\n`).closeAfter, ms);
  }
  assert.match(problem('input', 'max_line', 'much'), /^max_line: 'much' is not a size/);
  assert.match(problem('input', 'close_after', '5'), /^close_after: '5' has no unit: write 5s/);
});

test('a value out of range says what the range is', () => {
  assert.match(problem('input', 'poll', '1ms'), /^poll = 1ms: the shortest is 10ms\.$/);
  assert.match(problem('input', 'max_line', '3'), /^max_line = 3: the smallest is 64 bytes\.$/);
  assert.match(problem('syslog', 'chunk', '100'), /the smallest is 480 bytes, and 0 is no limit\.$/);
  assert.match(problem('syslog', 'window', '0'), /the smallest is 1KiB\.$/);
  assert.match(problem('syslog', 'timeout', '0'), /must be more than 0\.$/);
  assert.match(problem('spool', 'max_size', '5'), /the smallest is 512KiB\. Is the unit missing/);
});

test('a word that is none of the known ones names them and the nearest', () => {
  assert.equal(
    problem('spool', 'full', 'dropoldest'),
    "full: 'dropoldest' is none of block, drop-oldest, drop-newest. Did you mean 'drop-oldest'?",
  );
  assert.equal(problem('log', 'level', ''), "level: '' is none of debug, info, warn, error.");
});

test('paths: empty ones and those that begin with ~ are errors', () => {
  assert.match(problem('input', 'path', ''), /^path: there is no path\. /);
  assert.match(problem('input', 'path', '~/a.log'), /~ is the shell's/);
  assert.match(problem('spool', 'path', '~/a.db'), /~ is the shell's/);
  assert.match(problem('spool', 'path', ''), /^path: there is no path\. /);
});

test('targets: udp, tcp, tls, relp and the two forms of rsyslog, IPv6 in brackets, and the usual port where none is named', () => {
  const urls = {
    'udp://h': 'udp://h:514',
    'tcp://h.example:6000': 'tcp://h.example:6000',
    'TCP://h:1/': 'tcp://h:1',
    'udp://[::1]:5514': 'udp://[::1]:5514',
    'tcp://[2001:db8::1]': 'tcp://[2001:db8::1]:514',
    '@h:515': 'udp://h:515',
    '@@h': 'tcp://h:514',
    '@[::1]': 'udp://[::1]:514',
    '@@[fe80::1%eth0]:99': 'tcp://[fe80::1%eth0]:99',
    'tls://h': 'tls://h:6514',
    'TLS://[::1]:7000': 'tls://[::1]:7000',
    'relp://h': 'relp://h:2514',
    'RELP://[::1]:20514/': 'relp://[::1]:20514',
  };
  for (const [text, url] of Object.entries(urls)) {
    const [target, ...others] = destination(`[syslog]\ntarget = ${text}\n`).link.targets;
    assert.deepEqual(others, []);
    assert.equal(target?.url, url);
    assert.equal(target?.scheme, url.slice(0, url.indexOf(':')));
  }
  const { host, port } = destination('[syslog]\ntarget = udp://[::1]:5514\n').link.targets[0]!;
  assert.deepEqual([host, port], ['::1', 5514]);
});

test('several targets stand in the order of failover, each named once', () => {
  const { link, record } = destination('[syslog]\ntarget = tcp://a, @@b:6000 ,udp://c\n');
  assert.deepEqual(
    link.targets.map(({ url }) => url),
    ['tcp://a:514', 'tcp://b:6000', 'udp://c:514'],
  );
  assert.equal(record.chunk, 1024);
  assert.match(
    problem('syslog', 'target', 'tcp://a, @@a:514'),
    /tcp:\/\/a:514 is named twice\. Name each server once\.$/,
  );
  assert.match(problem('syslog', 'target', 'tcp://a,'), /Write udp:\/\//);
  assert.match(problem('syslog', 'target', 'tcp://a, tcb://b'), /tcb:\/\/ is no transport/);
});

test('targets that cannot be taken say how they would be written', () => {
  assert.match(
    problem('syslog', 'target', '@@(o)h:6514'),
    /Write target = tcp:\/\/h:6514 and framing = octet-counting\.$/,
  );
  assert.match(
    problem('syslog', 'target', '@(z9)h'),
    /rsyslog's options \(z9\) are not known here\. Write @HOST:PORT\.$/,
  );
  assert.match(problem('syslog', 'target', 'h:514'), /Write udp:\/\/h:514, tcp:\/\/h:514 or tls:\/\/h:514\.$/);
  assert.match(
    problem('syslog', 'target', 'udb://h:514'),
    /udb:\/\/ is no transport; there are udp, tcp, tls, relp, relps\. Did you mean 'udp'\?$/,
  );
  assert.match(problem('syslog', 'target', 'udp://::1'), /without brackets\. Write \[ADDRESS\]:PORT\.$/);
  assert.match(problem('syslog', 'target', 'udp://::1:514'), /without brackets/);
  assert.match(problem('syslog', 'target', 'udp://[h]:514'), /Brackets are for IPv6/);
  assert.match(problem('syslog', 'target', 'udp://h:0'), /ports go from 1 to 65535\.$/);
  assert.match(problem('syslog', 'target', 'udp://h:70000'), /'70000' is no port/);
  assert.match(problem('syslog', 'target', 'udp://300.1.1.1'), /no IPv4 address/);
  for (const text of [
    '',
    'udp://',
    '@',
    'tcp://:514',
    'tcp://user@h:514',
    'tcp://h:514/path',
    'udp://h:x',
    'udp://a b',
  ]) {
    assert.match(problem('syslog', 'target', text), /Write (SCHEME:\/\/HOST:PORT|udp:\/\/)/, text);
  }
});

test('every encoding that the WHATWG knows is taken under any of its names', () => {
  assert.equal(input('[input]\nencoding = UTF8\n').encoding, 'utf-8');
  assert.match(problem('input', 'encoding', 'utf-9'), /no encoding that the WHATWG/);
});

test('chunk is 1024 with a udp target, else 8096; 0 is no limit but what a datagram holds', () => {
  const chunk = (text: string) => destination(`[syslog]\n${text}\n`).record.chunk;
  assert.equal(chunk('target = @h'), 1024);
  assert.equal(chunk('target = tcp://h'), 8096);
  assert.equal(chunk('target = relp://h'), 8096);
  assert.equal(chunk('chunk = 2KiB'), 2048);
  assert.equal(chunk('target = tcp://h\nchunk = 0'), 0);
  assert.equal(chunk('chunk = 0'), 65_507);
  assert.match(problem('syslog', 'chunk', '64KiB'), /^chunk = 64KiB: a UDP datagram holds 65507 bytes at most\. /);
});

test('the files of TLS count from the folder of the configuration; a certificate and its key go together', () => {
  const all = 'tls_ca = ca.pem\ntls_cert = /etc/own.pem\ntls_key = own.key\ntls_verify = off';
  assert.deepEqual(destination(`[syslog]\n${all}\n`).link.tls, {
    ...{ ca: `${folder}/ca.pem`, cert: '/etc/own.pem', key: `${folder}/own.key`, verify: false },
  });
  assert.match(
    problem('syslog', 'tls_cert', 'a.pem'),
    /^tls_cert is of no use without tls_key: .+ Set both, or neither\.$/,
  );
  assert.match(problem('syslog', 'tls_key', 'a.key'), /^tls_key is of no use without tls_cert: /);
  assert.match(problem('syslog', 'tls_verify', 'yes'), /'yes' is none of on, off\.$/);
});

test('json is own, all, or a list of names', () => {
  const json = (text: string) => destination(`[syslog]\njson = ${text}\n`).record.json;
  assert.equal(json('own'), 'own');
  assert.equal(json('all'), 'all');
  assert.deepEqual(json('msg, Level,MSG'), ['MSG', 'LEVEL']);
  assert.match(problem('syslog', 'json', 'MSG;LEVEL'), /single quotes/);
  assert.match(problem('syslog', 'json', 'MSG LEVEL'), /is no name of a group/);
});

test('a value that is refused is told what else its key takes: a word, where there is one', () => {
  const words = {
    ...{ 'syslog linger': 'never', 'syslog mark': 'off', 'syslog chunk': 'auto' },
    ...{ 'spool max_size': 'auto', 'spool max_age': 'never' },
  };
  for (const [place, word] of Object.entries(words)) {
    const [section, key] = place.split(' ') as [string, string];
    assert.match(problem(section, key, 'yes'), new RegExp(`'yes' is not a .*; or ${word}\\.$`), place);
  }
});

test('rate and drain_rate are lines or bytes a second, or none', () => {
  const rates = {
    none: undefined,
    '5000 lines': { unit: 'lines', perSecond: 5000 },
    '1 line': { unit: 'lines', perSecond: 1 },
    '300 lines/s': { unit: 'lines', perSecond: 300 },
    '2MiB': { unit: 'bytes', perSecond: 2 ** 21 },
    '64kB/s': { unit: 'bytes', perSecond: 64_000 },
  };
  for (const [text, rate] of Object.entries(rates)) {
    const { link } = destination(`[syslog]\nrate = ${text}\ndrain_rate = ${text}\n`);
    assert.deepEqual([link.rate, link.drainRate], [rate, rate]);
  }
  for (const text of ['5000', '', '/s']) {
    assert.match(problem('syslog', 'rate', text), /has no unit\. Write 5000 lines, a size such as 2MiB, or none\.$/);
  }
  assert.match(problem('syslog', 'drain_rate', '0 lines'), /would send nothing\. Write none for no limit\.$/);
  assert.match(
    problem('syslog', 'rate', 'fast'),
    /'fast' is no rate\. Write 5000 lines, a size such as 2MiB, or none\.$/,
  );
});

test('several servers are for failover, and share the work where that is said', () => {
  const targets = 'target = relp://a, relp://b\n';
  assert.equal(destination(`[syslog]\n${targets}`).link.balance, 'failover');
  assert.equal(destination(`[syslog]\n${targets}balance = round-robin\n`).link.balance, 'round-robin');
});

test('linger takes never', () => {
  assert.equal(destination('[syslog]\nlinger = never\n').link.linger, Number.POSITIVE_INFINITY);
  assert.equal(destination('[syslog]\nlinger = 3s\n').link.linger, 3000);
});

test('host name and SD-ID are what RFC 5424 lets into a header', () => {
  assert.equal(destination('[syslog]\nhostname = web-1.example\n').record.hostname, 'web-1.example');
  assert.equal(destination('[syslog]\nsd_id = ours@99999\n').record.sdId, 'ours@99999');
  assert.match(problem('syslog', 'hostname', 'my host'), /printable ASCII without blanks/);
  for (const id of ['tail', 'tail@x', "'ta il@1'", "'t]@1'", `${'t'.repeat(40)}@1`]) {
    assert.match(problem('syslog', 'sd_id', id), /NAME@ENTERPRISE-NUMBER/);
  }
});

test('a page listens on loopback where only a port is given, and on other addresses with a token or an outspoken none', () => {
  const status = (text: string) => config(`[status]\n${text}\n`).status;
  assert.deepEqual(status(''), { listen: undefined, token: undefined, healthAfter: 60_000 });
  assert.deepEqual(status('listen = 9100').listen, { host: '127.0.0.1', port: 9100 });
  assert.deepEqual(status("listen = '[::1]:9100'").listen, { host: '::1', port: 9100 });
  assert.deepEqual(status('listen = localhost:9100').listen, { host: 'localhost', port: 9100 });
  for (const [text, host] of [
    ['0.0.0.0:9100', '0.0.0.0'],
    ['*:9100', '::'],
    ["':9100'", '::'],
    ['web1:9100', 'web1'],
  ] as const) {
    assert.match(
      problem('status', 'listen', text),
      /can be reached from other hosts, .* Set a token; or write token = none/,
    );
    assert.deepEqual(status(`listen = ${text}\ntoken = long-enough`).listen, { host, port: 9100 });
    assert.deepEqual(status(`listen = ${text}\ntoken = none`).listen, { host, port: 9100 });
  }
  for (const text of ['nowhere', '127.0.0.1', '70000', '[::g]:9100', 'http://h:1'])
    assert.match(problem('status', 'listen', `'${text}'`), /write a port such as 9100/);
  assert.match(problem('status', 'token', 'short'), /8 printable ASCII characters/);
  assert.match(problem('status', 'health_after', '1s'), /Write 5s or more/);
});
