import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { writeInit } from '../../agent/init.ts';
import type { Suggestion } from '../../agent/suggest.ts';
import { createWorld } from './fake-io.ts';

const clock = (i: number) => `10:${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}`;
const many = (line: (i: number) => string) => Array.from({ length: 120 }, (_, i) => `${line(i)}\n`).join('');
const BARS = many((i) => `2026-11-22 ${clock(i)}|${i % 2 ? 'INFO' : 'ERROR'}|web|it's ${i}`);
const TRACES = many(
  (i) => `2026-11-22 ${clock(i)},123 ERROR [main] org.example.Main: boom\n\tat org.example.Main.run(Main.java:${i})`,
);

test('try --suggest names what suits, and what it says can be copied into the configuration', async () => {
  using world = createWorld();
  world.write('bars.log', BARS);
  const { code, out, err } = await world.run('try', '--suggest', 'bars.log');
  assert.equal(code, 0);
  assert.equal(err, '');
  assert.match(out, /^.*bars\.log: 120 lines looked at\n\n> {3}100 % {2}\(made for it\) {2}time level owner msg\n/);
  const settings = /^ {4}\[transform\]\n((?: {4}.*\n)+)/m.exec(out)?.[1] ?? '';
  world.write('config.conf', `[transform]\n${settings.replace(/^ {4}/gm, '')}`);
  const tried = await world.run('try', 'bars.log', '--lines', '1');
  assert.match(tried.out, /matched: user\.err,.*\n.*"MSG":"it's 0"/);
  assert.match(tried.out, /120 matched \(100 %\)/);
  for (const row of out.split('\n')) assert.ok(row.length <= 80 || /pattern = |looked at/.test(row), row);
});

test('try --suggest proposes to join stack traces, and says so as JSON too', async () => {
  using world = createWorld();
  world.write('app.log', TRACES);
  const { out } = await world.run('try', '--suggest', 'app.log', '--json');
  const { best, settings, lines, records, rated } = JSON.parse(out) as Suggestion;
  assert.deepEqual([best?.pattern, best?.rate, lines, records], ['java', 1, 240, 120]);
  assert.deepEqual(settings, ['pattern = java', 'unmatched = join']);
  assert.equal(rated[0]?.pattern, 'java');
});

test('try --suggest says plainly that nothing suits, or that there is nothing to look at', async () => {
  using world = createWorld();
  world.write('a.log', 'some words\nand then others: 5\n{\n');
  world.write('b.log', '');
  assert.match((await world.run('try', '--suggest', 'a.log')).out, /No pattern matches these lines/);
  assert.match((await world.run('try', '--suggest', 'b.log')).out, /there are no lines in it/);
  const absent = await world.run('try', '--suggest', 'c.log');
  assert.equal(absent.code, 1);
  assert.match(absent.err, /There is no file .*c\.log/);
});

test('init writes a configuration that is right, and with which the lines match', async () => {
  using world = createWorld();
  fs.rmSync(`${world.folder}/config.conf`);
  const file = world.write('app.log', TRACES);
  const { code, out } = await world.run('init', 'app.log', '--target', 'tcp://127.0.0.1:6000');
  assert.equal(code, 0);
  assert.match(out, /config\.conf is written: the built-in pattern java matches\s120 of\s120 lines/);
  const text = fs.readFileSync(`${world.folder}/config.conf`, 'utf8');
  assert.match(text, new RegExp(`^path = ${file}$`, 'm'));
  assert.match(text, /^target = tcp:\/\/127\.0\.0\.1:6000$/m);
  assert.match(text, /^pattern = java\n.*\nunmatched = join$/m);
  const checked = await world.run('check');
  assert.equal(checked.code, 0, checked.out);
  assert.match((await world.run('try')).out, /120 matched \(50 %\), 120 not matched \(they join the record before\)/);
});

test('init names a spool beside the configuration where the default cannot be made, and says so', async () => {
  using world = createWorld();
  const file = world.write('app.log', TRACES);
  const parts = { file, target: undefined, cwd: world.folder, stop: new AbortController().signal };
  const denied = await writeInit({ ...parts, out: 'denied.conf', may: () => false });
  assert.equal(denied.spool, `${world.folder}/spool.db`);
  const text = fs.readFileSync(denied.out, 'utf8');
  assert.match(
    text,
    new RegExp(`cannot make /var/lib/tailship/spool.db, the default.*\\npath = ${world.folder}/spool.db$`, 'm'),
  );
  const allowed = await writeInit({ ...parts, out: 'allowed.conf', may: () => true });
  assert.equal(allowed.spool, undefined);
  assert.match(fs.readFileSync(allowed.out, 'utf8'), /^;path = \/var\/lib\/tailship\/spool\.db$/m);
});

test('init makes a pattern where none suits, in quotes that hold', async () => {
  using world = createWorld();
  world.write(
    "it's; odd.log",
    many((i) => `2026-11-22 ${clock(i)} 'web' ${i % 2 ? 'INFO' : 'ERROR'} x ${i}`),
  );
  const { code, err } = await world.run('init', "it's; odd.log", '-c', 'other.conf');
  // No quotes of the configuration hold a name with a single quote in it.
  assert.equal(code, 1);
  assert.match(err, /single quote/);
  assert.equal(fs.existsSync(`${world.folder}/other.conf`), false);
  fs.renameSync(`${world.folder}/it's; odd.log`, `${world.folder}/odd; name.log`);
  assert.equal((await world.run('init', 'odd; name.log', '-c', 'other.conf')).code, 0);
  assert.match((await world.run('try', '-c', 'other.conf', '--lines', '1')).out, /120 matched \(100 %\)/);
});

test('init overwrites nothing, and writes nothing where something is wrong', async () => {
  using world = createWorld();
  world.write('app.log', BARS);
  world.write('config.conf', '; mine\n');
  const taken = await world.run('init', 'app.log');
  assert.equal(taken.code, 1);
  assert.match(taken.err, /config\.conf is there already and is left as it is\. Name another one with -c/);
  assert.equal(fs.readFileSync(`${world.folder}/config.conf`, 'utf8'), '; mine\n');
  for (const [expected, ...argv] of [
    [1, 'absent.log', '-c', 'new.conf'],
    [2, 'app.log', '-c', 'new.conf', '--target', 'http://x'],
    [1, 'app.log', '-c', 'no/such/folder/new.conf'],
  ] as const) {
    const { code, err } = await world.run('init', ...argv);
    assert.equal(code, expected, err);
    assert.match(err, /^tailship: .+\.\n$/);
    assert.equal(fs.existsSync(`${world.folder}/new.conf`), false);
  }
});

test('try --explain shows the lines that are not matched, each with the place that the pattern got to', async () => {
  using world = createWorld();
  world.write(
    'app.log',
    `${'Nov 22 10:00:00 web app: fine\n'.repeat(30)}Nov 22 10:00:00 web ap p: x\nNov 22 10:00 y\n`,
  );
  const { out } = await world.run('try', '--explain', 'app.log');
  const rows = out.split('\n');
  assert.equal(rows.filter((row) => /^\d+: /.test(row)).length, 2);
  const first = rows.findIndex((row) => row.startsWith('31: '));
  assert.equal(rows[first + 1], `${' '.repeat('31: Nov 22 10:00:00 web ap'.length)}^`);
  const second = rows.findIndex((row) => row.startsWith('32: '));
  assert.equal(rows[second + 1], `${' '.repeat('32: Nov 22 10:00'.length)}^`);
  assert.equal(out.match(/why: /g)?.length, 2);
});
