import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BUILTINS, compilePattern, groupOf, isLost, type Pattern } from '../../agent/shape/pattern.ts';
import { readWrittenTime } from '../../agent/shape/writtentime.ts';

/** The groups that took something; undefined where the line does not match. */
function groups(pattern: Pattern, line: string): Record<string, string> | undefined {
  const match = pattern.match(line);
  if (isLost(match)) return undefined;
  const found = [...pattern.groups].map(([name, numbers]) => [name, groupOf(match, numbers)] as const);
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => !!entry[1]));
}

type Case = readonly [line: string, groups: Readonly<Record<string, string>>];

/** Lines as these programs write them, and what is to be found in them. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  syslog: [
    [
      'Nov  3 10:00:00 web-1.example.org sshd[4711]: Accepted publickey',
      { time: 'Nov  3 10:00:00', host: 'web-1.example.org', owner: 'sshd', pid: '4711', msg: 'Accepted publickey' },
    ],
    [
      '<34>Nov 13 2026 10:00:00.5 fe80::1 su: bad: thing',
      { pri: '34', time: 'Nov 13 2026 10:00:00.5', host: 'fe80::1', owner: 'su', msg: 'bad: thing' },
    ],
    [
      '2026-11-03T10:00:00.123456+01:00 host systemd[1]: Started x',
      { time: '2026-11-03T10:00:00.123456+01:00', host: 'host', owner: 'systemd', pid: '1', msg: 'Started x' },
    ],
    ['Nov  3 10:00:00 host -- MARK --', { time: 'Nov  3 10:00:00', host: 'host', msg: '-- MARK --' }],
    [
      'Nov  3 10:00:00 mac Google Chrome He[98]: x',
      { time: 'Nov  3 10:00:00', host: 'mac', owner: 'Google Chrome He', pid: '98', msg: 'x' },
    ],
    [
      'Nov  3 10:00:00 mac com.apple.xpc.launchd[1] (com.apple.x.1): exited',
      {
        time: 'Nov  3 10:00:00',
        host: 'mac',
        owner: 'com.apple.xpc.launchd',
        pid: '1',
        unit: 'com.apple.x.1',
        msg: 'exited',
      },
    ],
  ],
  rfc5424: [
    [
      '<165>1 2026-11-03T10:00:00.003Z host.example evntslog 12 ID47 [ex@32473 a="b\\"]" c="d"][y z="]"] An event',
      {
        ...{ pri: '165', time: '2026-11-03T10:00:00.003Z', host: 'host.example', owner: 'evntslog', pid: '12' },
        ...{ msgid: 'ID47', sd: '[ex@32473 a="b\\"]" c="d"][y z="]"]', msg: 'An event' },
      },
    ],
    ['<34>1 - - - - - -', { pri: '34' }],
    ['<34>1 - -host - - - - -', { pri: '34', host: '-host', msg: '-' }],
  ],
  nginx: [
    [
      '::1 - bob [03/Nov/2026:10:00:00 +0100] "GET /a?b=c HTTP/1.1" 200 612 "-" "curl/8"',
      {
        ...{
          client: '::1',
          user: 'bob',
          time: '03/Nov/2026:10:00:00 +0100',
          msg: 'GET /a?b=c HTTP/1.1',
          method: 'GET',
        },
        ...{ path: '/a?b=c', protocol: 'HTTP/1.1', status: '200', bytes: '612', agent: 'curl/8' },
      },
    ],
    [
      '10.0.0.1 - - [03/Nov/2026:10:00:00 +0100] "\\x16\\x03" 400 0 "-" "-" 0.001',
      {
        client: '10.0.0.1',
        time: '03/Nov/2026:10:00:00 +0100',
        msg: '\\x16\\x03',
        status: '400',
        bytes: '0',
        other: '0.001',
      },
    ],
    [
      '2026/11/03 10:00:00 [error] 7#8: *1 open() "/x" failed',
      { time: '2026/11/03 10:00:00', level: 'error', pid: '7', tid: '8', connection: '1', msg: 'open() "/x" failed' },
    ],
  ],
  apache: [
    [
      'www.example:443 10.0.0.1 - frank [03/Nov/2026:10:00:00 -0700] "GET /\\"x HTTP/1.0" 200 - "http://a/" "b \\"c\\""',
      {
        ...{
          vhost: 'www.example:443',
          client: '10.0.0.1',
          user: 'frank',
          time: '03/Nov/2026:10:00:00 -0700',
          status: '200',
        },
        ...{ msg: 'GET /\\"x HTTP/1.0', referer: 'http://a/', agent: 'b \\"c\\"' },
      },
    ],
    [
      '10.0.0.1 - - [03/Nov/2026:10:00:00 +0000] "GET / HTTP/2.0" 304 17',
      {
        ...{ client: '10.0.0.1', time: '03/Nov/2026:10:00:00 +0000', msg: 'GET / HTTP/2.0', method: 'GET', path: '/' },
        ...{ protocol: 'HTTP/2.0', status: '304', bytes: '17' },
      },
    ],
    [
      '[Tue Nov 03 10:00:00.123456 2026] [core:error] [pid 7:tid 8] [client 10.0.0.1:5] AH00126: Invalid',
      {
        ...{ time: 'Tue Nov 03 10:00:00.123456 2026', module: 'core', level: 'error', pid: '7', tid: '8' },
        ...{ client: '10.0.0.1:5', msg: 'AH00126: Invalid' },
      },
    ],
    [
      '[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok',
      { time: 'Sun Dec 04 04:47:44 2005', level: 'notice', msg: 'workerEnv.init() ok' },
    ],
  ],
  java: [
    [
      '2026-11-03 10:00:00,123 INFO [main] org.example.Main: started',
      { time: '2026-11-03 10:00:00,123', level: 'INFO', thread: 'main', logger: 'org.example.Main', msg: 'started' },
    ],
    [
      '2026-11-03 10:00:00,123 - WARN  [Peer[id=1]/0:0:2181:Election@774] - timed out',
      {
        ...{ time: '2026-11-03 10:00:00,123', level: 'WARN', thread: 'Peer[id=1]/0:0:2181', logger: 'Election' },
        ...{ line: '774', msg: 'timed out' },
      },
    ],
    [
      '2026-11-03T10:00:00.123+01:00  INFO 12345 --- [shop] [           main] c.e.d.Demo                : Starting',
      {
        ...{ time: '2026-11-03T10:00:00.123+01:00', level: 'INFO', pid: '12345', thread: 'main', logger: 'c.e.d.Demo' },
        msg: 'Starting',
      },
    ],
    [
      '10:00:00.123 [main] DEBUG com.example.Foo - x',
      { clock: '10:00:00.123', thread: 'main', level: 'DEBUG', logger: 'com.example.Foo', msg: 'x' },
    ],
    [
      '26/11/03 10:00:00 ERROR executor.Backend: lost',
      { time: '26/11/03 10:00:00', level: 'ERROR', logger: 'executor.Backend', msg: 'lost' },
    ],
    [
      '[2026-11-03 10:00:00,123] INFO Loaded: 3 (kafka.log.Log)',
      { time: '2026-11-03 10:00:00,123', level: 'INFO', msg: 'Loaded: 3 (kafka.log.Log)' },
    ],
    [
      '03-Nov-2026 10:00:00.123 SEVERE [main] org.apache.catalina.Foo.start failed',
      {
        time: '03-Nov-2026 10:00:00.123',
        level: 'SEVERE',
        thread: 'main',
        msg: 'org.apache.catalina.Foo.start failed',
      },
    ],
  ],
  python: [
    [
      '2026-11-03 10:00:00,123 - app.db - WARNING - slow',
      { time: '2026-11-03 10:00:00,123', logger: 'app.db', level: 'WARNING', msg: 'slow' },
    ],
    [
      '2026-11-03 10:00:00,123 ERROR app.db: gone',
      { time: '2026-11-03 10:00:00,123', level: 'ERROR', logger: 'app.db', msg: 'gone' },
    ],
    ['2026-11-03 10:00:00,123 [INFO] up', { time: '2026-11-03 10:00:00,123', level: 'INFO', msg: 'up' }],
    ['WARNING:root:careful', { level: 'WARNING', logger: 'root', msg: 'careful' }],
    [
      '[2026-11-03 10:00:00 +0000] [12] [INFO] Booting worker',
      { time: '2026-11-03 10:00:00 +0000', pid: '12', level: 'INFO', msg: 'Booting worker' },
    ],
    [
      '[2026-11-03 10:00:00,123: INFO/MainProcess] ready',
      { time: '2026-11-03 10:00:00,123', level: 'INFO', process: 'MainProcess', msg: 'ready' },
    ],
    [
      '2026-11-03 10:00:00.123 25746 INFO nova.wsgi [req-1 - -] GET',
      {
        time: '2026-11-03 10:00:00.123',
        pid: '25746',
        level: 'INFO',
        logger: 'nova.wsgi',
        request: 'req-1 - -',
        msg: 'GET',
      },
    ],
    ['INFO:     127.0.0.1 - "GET /"', { level: 'INFO', msg: '127.0.0.1 - "GET /"' }],
  ],
};

describe('the presets', () => {
  for (const [name, cases] of Object.entries(CASES)) {
    const pattern = compilePattern({ builtin: name });

    test(`${name} takes the lines apart that it is made for, and their times can be read`, () => {
      for (const [line, expected] of cases) {
        assert.deepEqual(groups(pattern, line), expected, line);
        if (expected.time !== undefined) assert.ok(readWrittenTime(expected.time), expected.time);
      }
    });

    test(`${name} does not take what it is not made for`, () => {
      for (const line of ['', 'plain text', '{"a":1}', ' at com.example.Foo(Foo.java:1)', '2026-11-03'])
        assert.equal(groups(pattern, line), undefined, line);
    });

    test(`${name} finds in the bytes of UTF-8, one character each, the same bytes`, () => {
      const glyph = fc.constantFrom('é', '日', '\u2028', '\u00a0', 'x', ' ', '"', ']', '-', ':', '\\');
      const line = fc.constantFrom(...cases.map(([text]) => text));
      fc.assert(
        fc.property(line, fc.nat(), fc.array(glyph, { maxLength: 4 }), (text, at, more) => {
          const cut = at % (text.length + 1);
          const bytes = Buffer.from(text.slice(0, cut) + more.join('') + text.slice(cut));
          const narrow = groups(pattern, bytes.toString('latin1'));
          const widened = Object.entries(narrow ?? {}).map(([key, value]) => [
            key,
            Buffer.from(value, 'latin1').toString(),
          ]);
          assert.deepEqual(narrow && Object.fromEntries(widened), groups(pattern, bytes.toString()));
        }),
        { numRuns: 1500 },
      );
    });
  }

  test('none of them can take longer than its line is long', () => {
    for (const builtin of BUILTINS) assert.equal(compilePattern({ builtin }).risky, false, builtin);
  });
});

describe('names of pieces', () => {
  const taken = (regex: string, line: string) => groups(compilePattern({ regex }), line);

  test('stand for what they are called, with a group or without', () => {
    assert.deepEqual(
      taken(
        '^%{IP:client} %{USER} \\[%{HTTPDATE:time}\\] %{QS:request} %{INT:status:int}',
        '::1 bob [03/Nov/2026:10:00:00 +0100] "a \\"b" -7',
      ),
      { client: '::1', time: '03/Nov/2026:10:00:00 +0100', request: '"a \\"b"', status: '-7' },
    );
    const cases = [
      ['TIMESTAMP_ISO8601', '2026-11-03T10:00:00.123+01:00', '10:00'],
      ['SYSLOGTIMESTAMP', 'Nov  3 10:00:00', '2026'],
      ['LOGLEVEL', 'Warning', 'wArning'],
      ['URI', 'https://a.example:8/b?c', 'a.example'],
      ['UUID', '01234567-89ab-cdef-0123-456789ABCDEF', '0123'],
      ['PATH', '/var/log/x.log', 'var'],
      ['HOSTNAME', 'web-1.example.org', '-'],
      ['NUMBER', '-1.5', 'x'],
      ['WORD', 'abc_1', '-'],
      ['IP', '10.0.0.255', '10.0.0'],
      ['IP', 'fe80::1%eth0', 'abc'],
      ['IP', '::ffff:10.0.0.1', ':'],
      ['MAC', '00:1b:44:11:3a:b7', '00:1b'],
      ['EMAILADDRESS', 'a.b@c.example', '@c'],
      ['HTTPDERROR_DATE', 'Sun Dec 04 04:47:44 2005', 'Dec 04'],
    ] as const;
    for (const [name, yes, no] of cases) {
      assert.deepEqual(taken(`^%{${name}:x}$`, yes), { x: yes }, name);
      assert.equal(taken(`^%{${name}:x}$`, no), undefined, name);
    }
  });

  test('make a group of any field name', () => {
    assert.deepEqual(taken('%{WORD:source.ip} %{WORD:[a][b]} %{WORD:9}', 'x y z'), {
      source_ip: 'x',
      a_b: 'y',
      _9: 'z',
    });
  });

  test('keep the linear form of a pattern, and an unknown one is named', () => {
    assert.equal(
      compilePattern({ regex: '^%{IPORHOST:a} %{TIMESTAMP_ISO8601:b} %{QS:c} %{JAVACLASS:d} %{UUID:e}' }).risky,
      false,
    );
    assert.throws(() => compilePattern({ regex: '%{IPP:x}' }), /there is no %\{IPP:x\}: the names are BASE10NUM /);
  });
});
