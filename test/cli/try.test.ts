import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createWorld, sink } from './fake-io.ts';

const DPKG = '2026-11-23 10:00:00 status installed libc6:amd64 2.36\n2026-11-23 10:00:01 status half-configured x\n';
const SYSLOG =
  'Nov 23 10:00:00 web1 app[12]: [WARN] disk full\nNov 23 10:00:01 web-1.example.com sshd[99]: Accepted publickey\n\n' +
  'Nov 23 10:00:02 web1 kernel: eth0 up\nplain rubbish\n';
const JSONL = '{"time":"2026-11-23T10:00:00Z","level":"warn","msg":"disk full"}\n';

const stdinOf = (...pieces: (string | Buffer)[]) => ({
  stdin: (async function* () {
    for (const piece of pieces) yield Buffer.from(piece);
  })(),
});

/** The time of reading stands in for a time that a line does not have. */
const settled = (text: string) =>
  text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) \S+/g, 'WHEN-READ HOST');

test('lines like those of dpkg.log: not matched, how far the pattern got, and a pattern to begin with', async () => {
  using world = createWorld();
  const file = world.write('dpkg.log', DPKG);
  const { code, out, err } = await world.run('try', 'dpkg.log');
  assert.equal(code, 0);
  assert.equal(err, '');
  assert.equal(
    settled(out).replace(/as user\.info, \d+ bytes/g, 'as user.info, N bytes'),
    `${file}, as input input: pattern app, format rfc5424

1: 2026-11-23 10:00:00 status installed libc6:amd64 2.36
   NOT MATCHED, ships as user.info, N bytes
   why: behind "2026" the pattern expects a blank at column 5 (in
        (?<time>…)), but there is "-11-23 10:00:00 status …"
   try: A pattern to begin with, which matches it:
        [transform]
        pattern = '^%{TIMESTAMP_ISO8601:time} *(?<msg>.*)$'
   <14>1 WHEN-READ HOST dpkg - - [tail@32473 f="0000000000000000" at="0" len="54"] {"MSG":"2026-11-23 10:00:00 status installed libc6:amd64 2.36"}

2: 2026-11-23 10:00:01 status half-configured x
   NOT MATCHED, ships as user.info, N bytes
   why: as in line 1
   <14>1 WHEN-READ HOST dpkg - - [tail@32473 f="0000000000000000" at="54" len="45"] {"MSG":"2026-11-23 10:00:01 status half-configured x"}

`.concat(out.slice(out.lastIndexOf('2 lines:'))),
  );
  assert.match(
    out,
    /^2 lines: 0 matched \(0 %\), 2 not matched \(they ship whole\), 0 empty\.\nThey become 2 messages, the largest \d+ bytes: 2 user\.info\.\n$/m,
  );
});

test('lines like those of syslog: records with PRI in words and size, blank lines skipped, rubbish explained', async () => {
  using world = createWorld();
  world.write('config.conf', '[transform]\ntimezone = UTC\n');
  const { code, out } = await world.runWith(stdinOf(SYSLOG), 'try', '-');
  assert.equal(code, 0);
  const record =
    '<12>1 2026-11-23T10:00:00Z web1 app 12 - [tail@32473 f="0000000000000000" at="0" len="47"] {"LEVEL":"WARN","MSG":"disk full"}';
  assert.ok(
    out.includes(
      `1: Nov 23 10:00:00 web1 app[12]: [WARN] disk full\n   matched: user.warning, ${record.length} bytes\n   ${record}\n` +
        '   PRI: facility by [owners] *, severity by level WARN\n   time: 2026-11-23T10:00:00Z from "Nov 23 10:00:00"\n' +
        '   host=web1  owner=app  pid=[12]  level=[WARN]\n',
    ),
    out,
  );
  assert.match(out, /^3: \n {3}empty, not shipped$/m);
  assert.match(out, /why: behind "plain " the pattern expects \\d\+ at column 7/);
  assert.match(out, /^5 lines: 3 matched \(75 %\), 1 not matched \(they ship whole\), 1 empty\.$/m);
  assert.match(out, /: 3 user\.info, 1 user\.warning\.$/m);
});

test('lines that are JSON: not matched, and the preset that takes them apart', async () => {
  using world = createWorld();
  const { out } = await world.runWith(stdinOf(JSONL), 'try', '-');
  const pattern = 'json';
  assert.ok(out.includes(`        [transform]\n        pattern = ${pattern}\n`), out);
  world.write('config.conf', `[transform]\npattern = ${pattern}\n`);
  const again = await world.runWith(stdinOf(JSONL), 'try', '-');
  assert.match(again.out, /^ {3}matched: user\.warning, \d+ bytes\n {3}<12>1 2026-11-23T10:00:00Z /m);
  assert.match(again.out, /1 matched \(100 %\)/);
});

test('every proposed pattern, put into the configuration as it stands, matches the line and reads its time', async () => {
  for (const line of [
    '2026-11-23T10:00:00.123Z [ERROR] x',
    '<13>Nov  3 10:00:00 h a[1]: b',
    '10/Nov/2026:10:00:00 +0100 GET',
    '[2026-11-23 10:00:00,123] WARN foo',
    '2026/11/23 10:00:00 [error] 7#7: *1 open() failed',
    '1763892000.5 x',
    'Nov 23 2026 10:00:00 web1 app: x',
    '[Sun Dec 04 04:47:44.123456 2005] [notice] workerEnv.init() ok',
  ]) {
    using world = createWorld();
    const { out } = await world.runWith(stdinOf(`${line}\n`), 'try', '-');
    const setting = /^ {8}\[transform\]\n {8}(pattern = (?:'.*'|[\w-]+))$/m.exec(out)?.[1];
    assert.ok(setting, `nothing is proposed for ${line}\n${out}`);
    world.write('config.conf', `[transform]\n${setting}\n`);
    const again = await world.runWith(stdinOf(`${line}\n`), 'try', '-');
    assert.match(again.out, /1 matched \(100 %\)/, setting);
    assert.doesNotMatch(again.out, /cannot be read/, setting);
  }
});

test('a few odd lines in a file that matches are explained, and no other pattern is proposed for them', async () => {
  using world = createWorld();
  const lines = 'Nov 23 10:00:00 web1 app: x\n'.repeat(5);
  const { out } = await world.runWith(
    stdinOf(`${lines}Nov 23 10:00:00 web1 syslogd 1.4.1: restart.\n${lines}  at x\n`),
    'try',
    '-',
  );
  assert.match(out, /why: \(\?<owner>…\) took "syslogd"/);
  assert.doesNotMatch(out, /pattern = /);
  assert.match(out, /unmatched = join/);
});

test('a line that nothing fits is not left without advice', async () => {
  using world = createWorld();
  const { out } = await world.runWith(stdinOf('rubbish\n'), 'try', '-');
  assert.match(out, /^ {3}try: No built-in pattern fits\. A regex of your own/m);
});

test('stack traces: join is proposed, and with it they are told as part of the record that they join', async () => {
  using world = createWorld();
  const trace =
    'Nov 23 10:00:00 web1 app: boom\n    at f (x.js:1)\n    at g (x.js:2)\nNov 23 10:00:01 web1 app: next\n';
  const { out } = await world.runWith(stdinOf(trace), 'try', '-');
  assert.match(
    out,
    /try: It looks like a continuation of the line before.*\n.*\n? {8}\[transform\]\n {8}unmatched = join\n/,
  );
  world.write('config.conf', '[transform]\nunmatched = join\n');
  const joined = await world.runWith(stdinOf(trace), 'try', '-');
  assert.match(
    joined.out,
    /^1: .*boom\n {3}matched: user\.info, \d+ bytes\n {3}<14>1 .*"MSG":"boom\\n {4}at f \(x\.js:1\)\\n {4}at g \(x\.js:2\)"\}$/m,
  );
  assert.match(joined.out, /^2: {5}at f \(x\.js:1\)\n {3}NOT MATCHED, joins the record before$/m);
  assert.match(joined.out, /They become 2 messages/);
  assert.doesNotMatch(joined.out, /unmatched = join/);
  const first = await world.runWith(stdinOf(trace), 'try', '-', '--lines', '1');
  assert.match(first.out, /^1: .*boom\n {3}matched: user\.info, .*\n {3}<14>1 .* at g /m, 'a record is told whole');
  assert.equal(first.out.match(/^\d+: /gm)?.length, 1);
});

test('a record larger than chunk is told with its parts and the size of each', async () => {
  using world = createWorld();
  const { out } = await world.runWith(
    stdinOf(`Nov 23 10:00:00 web1 app: ${'x'.repeat(1_500)}\n`),
    'try',
    '-',
    '--json',
  );
  const [, line] = out
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
  assert.deepEqual(
    line.messages.map(({ part }: { part: string }) => part),
    ['1/2', '2/2'],
  );
  assert.ok(line.messages.every(({ bytes }: { bytes: number }) => bytes <= 1024));
  const told = await world.runWith(stdinOf(`Nov 23 10:00:00 web1 app: ${'x'.repeat(1_500)}\n`), 'try', '-');
  assert.match(
    told.out,
    /matched: user\.info, [\d,]+ \+ \d+ bytes\n {3}It is larger than \[syslog\] chunk and goes out in 2 parts\./,
  );
});

test('the formats of old tell their parts too', async () => {
  for (const format of ['rfc3164', 'script']) {
    using world = createWorld();
    world.write('config.conf', `[syslog]\nformat = ${format}\n`);
    const { out } = await world.runWith(
      stdinOf(`Nov 23 10:00:00 web1 app: ${'x'.repeat(1_500)}\n`),
      'try',
      '-',
      '--json',
    );
    const line = JSON.parse(out.split('\n')[1]!);
    assert.equal(line.messages[1].part, '2/2', format);
  }
});

test('20 lines are shown, all are counted, and the first unmatched ones further on are told', async () => {
  using world = createWorld();
  const lines = Array.from({ length: 5_000 }, (_, i) =>
    i === 3_000 ? 'odd one out' : `Nov 23 10:00:00 web1 app: line ${i}`,
  );
  const { out } = await world.runWith(stdinOf(lines.join('\n')), 'try', '-');
  assert.equal(out.match(/^\d+: /gm)?.length, 21);
  assert.match(out, /^20: .*line 19$/m);
  assert.match(
    out,
    /^5,000 lines: 4,999 matched \(99\.9 %\), 1 not matched \(they ship whole\), 0 empty\.\nThey become 5,000 messages/m,
  );
  assert.match(
    out,
    /^The first lines further on that are not matched:\n3001: odd one out\n {3}NOT MATCHED, ships\n {3}why: /m,
  );
  const few = await world.runWith(stdinOf(lines.join('\n')), 'try', '-', '--lines', '2');
  assert.equal(few.out.match(/^\d+: /gm)?.length, 3);
});

test('one at a time or in bulk, the sums are the same', async () => {
  using world = createWorld();
  const lines = Array.from({ length: 300 }, (_, i) =>
    i % 7 === 0
      ? '  at x'
      : i % 11 === 0
        ? ''
        : i % 13 === 0
          ? 'Foo 99 10:00:00 h a: b'
          : `Nov 23 10:00:00 h a: [ERROR] ${i}`,
  );
  for (const unmatched of ['ship', 'drop', 'join']) {
    world.write('config.conf', `[transform]\nunmatched = ${unmatched}\n`);
    const summaryOf = async (shown: string) => {
      const { out } = await world.runWith(stdinOf(`${lines.join('\n')}\n`), 'try', '-', '--json', '--lines', shown);
      const { examples: _, largest: __, ms: ___, ...sums } = JSON.parse(out.trim().split('\n').at(-1)!);
      return sums;
    };
    const all = await summaryOf('1000');
    assert.deepEqual(await summaryOf('0'), all);
    assert.equal(all.matched + all.unmatched + all.empty, 300);
    if (unmatched !== 'join') assert.deepEqual(await summaryOf('17'), all);
  }
});

test('--json gives one object a line, every line, and the summary last', async () => {
  using world = createWorld();
  const { out } = await world.runWith(stdinOf(SYSLOG), 'try', '-', '--json');
  const objects = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    objects.map(({ what }) => what),
    ['source', 'line', 'line', 'line', 'line', 'line', 'summary'],
  );
  const { messages, ...first } = objects[1];
  assert.deepEqual(first, {
    ...{ what: 'line', line: 1, at: 0, len: 47, text: 'Nov 23 10:00:00 web1 app[12]: [WARN] disk full' },
    ...{ outcome: 'matched', fate: 'ships', notes: [], time: '2026-11-23T10:00:00Z' },
    groups: { time: 'Nov 23 10:00:00', host: 'web1', owner: 'app', pid: '[12]', level: '[WARN]', msg: 'disk full' },
    decided: { facilityBy: '[owners] *', severityBy: 'level WARN' },
  });
  assert.deepEqual([messages[0].pri, messages[0].priority], [12, 'user.warning']);
  assert.deepEqual(
    [objects[6].lines, objects[6].matched, objects[6].unmatched, objects[6].empty, objects[6].policy],
    [5, 3, 1, 1, 'ship'],
  );
});

test('an archive is unpacked, lines are cut at any place of the stream, and a last line without end counts', async () => {
  using world = createWorld();
  world.write('app.log-20261122.gz', gzipSync(SYSLOG.trimEnd()));
  const packed = await world.run('try', 'app.log-20261122.gz', '--json');
  const pieces = await world.runWith(stdinOf(...Array.from(SYSLOG.trimEnd())), 'try', '-', '--json');
  const lines = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ what }) => what === 'line');
  assert.equal(lines(packed.out).length, 5);
  assert.deepEqual(
    lines(packed.out).map(({ text, at, len }) => ({ text, at, len })),
    lines(pieces.out).map(({ text, at, len }) => ({ text, at, len })),
  );
});

test('bytes that are not UTF-8 and times that cannot be read are told', async () => {
  using world = createWorld();
  const input = Buffer.concat([Buffer.from('Foo 23 10:00:00 web1 app: caf'), Buffer.from([0xe9]), Buffer.from('\n')]);
  const { out } = await world.runWith(stdinOf(input), 'try', '-');
  assert.match(out, /^ {3}It holds bytes that are not UTF-8: they become U\+FFFD\.$/m);
  assert.match(out, /^ {3}Its time cannot be read: the time of reading stands in for it\.$/m);
  assert.match(
    out,
    /^Lines with bytes that are not UTF-8: 1\.\nTimes that cannot be read, for which the time of reading stands in: 1\.$/m,
  );
});

test('escape sequences of a line do not reach the terminal', async () => {
  using world = createWorld();
  const { out } = await world.runWith(stdinOf('\x1b[31mred\x1b]0;title\x07\n'), 'try', '-');
  assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f]/);
});

test('without FILE the first file that the configuration names is taken, with the settings of its input', async () => {
  using world = createWorld();
  world.write(
    'config.conf',
    '[input.web]\npath = absent.log\n[input.db]\npath = db.log\n[transform.db]\nunmatched = drop\n',
  );
  world.write('db.log', 'rubbish\n');
  const { out } = await world.run('try');
  assert.match(out, /db\.log, as input db: /);
  assert.match(out, /NOT MATCHED, dropped$/m);
  assert.match((await world.run('try', 'db.log')).out, /as input db: /);
  assert.match((await world.run('try', 'db.log', '--input', 'web')).out, /as input web: /);
  const wrong = await world.run('try', 'db.log', '--input', 'wbe');
  assert.deepEqual([wrong.code, wrong.err], [2, "tailship: There is no input 'wbe'. Did you mean 'web'?\n"]);
});

test('no file to look at is exit code 1 and says what would help', async () => {
  using world = createWorld();
  const absent = await world.run('try', 'absent.log');
  assert.equal(absent.code, 1);
  assert.equal(
    absent.err,
    `tailship: There is no file ${path.join(world.folder, 'absent.log')}. Look for a slip in its name.\n`,
  );
  const folder = await world.run('try', '.');
  assert.equal(folder.code, 1);
  assert.match(folder.err, /is a folder\. Name a file in it/);
  world.write('config.conf', '[input]\npath = none.log\n');
  const none = await world.run('try');
  assert.match(
    none.err,
    /^tailship: There is no file yet at .*none\.log\. Name one: tailship try FILE, or pipe lines in: tailship try -\n$/,
  );
});

test('a stop while standard input is still open ends with the sums of what came', async () => {
  using world = createWorld();
  const stop = new AbortController();
  const stdin = (async function* () {
    yield Buffer.from('Nov 23 10:00:00 web1 app: x\nhalf a li');
    await new Promise(() => {});
  })();
  let out = '';
  const told = Promise.withResolvers<void>();
  const stdout = sink((text) => {
    out += text;
    if (out.includes('matched')) told.resolve();
  });
  const done = world.runWith({ stdin, stdout, stop: stop.signal }, 'try', '-');
  await told.promise;
  stop.abort();
  assert.equal((await done).code, 0);
  assert.match(out, /^2 lines: 1 matched \(50 %\), 1 not matched/m);
});

test('an empty file is no failure', async () => {
  using world = createWorld();
  world.write('empty.log', '');
  const { code, out } = await world.run('try', 'empty.log');
  assert.equal(code, 0);
  assert.match(out, /There are no lines in it\.\n$/);
});

test('records that [syslog] select leaves out are told as such, joined ones with all their lines', async () => {
  using world = createWorld();
  world.write(
    'app.log',
    'Nov 23 10:00:00 web1 app[12]: [INFO] fine\nwhole\nNov 23 10:00:01 web1 app[12]: [ERROR] bad\n  at x\n',
  );
  world.write('config.conf', "[syslog]\nselect = '*.err'\n");
  const { out } = await world.run('try', 'app.log');
  assert.match(out, /^1: .*\n {3}matched, not selected by \[syslog\] select$/m);
  assert.match(out, /^2: whole\n {3}NOT MATCHED, not selected by \[syslog\] select$/m);
  assert.match(out, /^3: .*\n {3}matched: user\.err, /m);
  world.write('config.conf', "[syslog]\nselect = '*.err'\n[transform]\nunmatched = join\n");
  const joined = await world.run('try', 'app.log');
  assert.match(joined.out, /^1: .*\n {3}matched, not selected by \[syslog\] select$/m);
  assert.match(joined.out, /^2: whole\n {3}NOT MATCHED, joins the record before$/m);
  assert.match(joined.out, /^3: .*\n {3}matched: user\.err, /m);
});

test('lines in another encoding are shown and matched as text', async () => {
  using world = createWorld();
  world.write('config.conf', '[input]\nencoding = utf-16le\n');
  world.write('app.log', Buffer.from('\ufeffNov 23 10:00:00 web1 app[12]: [WARN] größe\r\n', 'utf16le'));
  const { out } = await world.run('try', 'app.log');
  assert.match(out, /^1: Nov 23 10:00:00 web1 app\[12\]: \[WARN\] größe\n {3}matched: user\.warning/m);
  assert.match(out, /"MSG":"größe"\}$/m);
});
