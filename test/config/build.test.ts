import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ConfigProblems } from '../../agent/config.ts';
import { findConfig, loadConfig } from '../../agent/sections.ts';
import { config, destination, folder, input, load, problems } from './load.ts';

test("a config of the old script, [syslog] with time alone, is a valid one: seconds, the upper bound of every input's poll", () => {
  assert.deepEqual(problems('[syslog]\ntime = 10\n'), []);
  assert.equal(input('[syslog]\ntime = 10\n').poll, 1000);
  assert.equal(input('[syslog]\ntime = 10\n[input]\npoll = 1m\n').poll, 10_000);
  assert.equal(input('[syslog]\ntime = 0.5\n').poll, 500);
  assert.equal(input('[syslog]\ntime = 300ms\n').poll, 300);
  assert.match(problems('[syslog]\ntime = 0\n')[0] ?? '', /^config\.conf:2: time.*too short/);
});

test('[input] holds the defaults of the named inputs, and is an input itself when there is none or when it sets path', () => {
  const names = (text: string) => config(text).inputs.map(({ name, named }) => [name, named]);
  assert.deepEqual(names('[input]\npoll = 2s\n'), [['input', false]]);
  assert.deepEqual(names('[input]\npoll = 2s\n[input.a]\npath = /a\n[input.b]\npath = /b\n'), [
    ['a', true],
    ['b', true],
  ]);
  assert.deepEqual(names('[input.a]\npath = /a\n[input]\npath = /x\n'), [
    ['input', false],
    ['a', true],
  ]);
  const { inputs } = config('[input]\npoll = 2s\nstart = end\n[input.a]\npath = /a\nstart = oldest\n');
  assert.deepEqual([inputs[0]?.poll, inputs[0]?.start], [2000, 'oldest']);
});

test('every key is optional: a named input without a path has the default path', () => {
  assert.deepEqual(input('[input.a]\n').paths, ['/var/log/app/app.log']);
});

test('the spool is no file that an input follows, and not the configuration itself', () => {
  const taken = (text: string) => problems(text)[0] ?? '';
  const cure = 'Give the spool a file of its own, such as /log/spool.db.';
  assert.equal(
    taken('[input.a]\npath = /log/a.log\n[spool]\npath = /log/a.log\n'),
    `config.conf:4: [spool] path = /log/a.log: [input.a] follows it. ${cure}`,
  );
  assert.match(
    taken('[input]\npath[] = a.log\npath[] = s.db-wal\n[spool]\npath = s.db\n'),
    /: \[input\] follows it\. /,
  );
  assert.match(taken('[spool]\npath = config.conf\n'), /^config\.conf:2: .*: it is this configuration\. /);
  assert.equal(taken('[input]\npath = /log/a\n[spool]\npath = /log/a.db\n'), '');
});

test('two inputs never read the same path, however it came to that', () => {
  const found = problems('[input.a]\npath = /x\n[input.b]\npath[] = /y\npath[] = /z/../x\n');
  assert.deepEqual(found, [
    'config.conf:4: [input.b] reads /x, and [input.a] does so already. Give it a path of its own.',
  ]);
  assert.match(
    problems('[input]\npath = /x\n\n[input.b]\n')[0] ?? '',
    /^config\.conf:4: \[input\.b\] reads \/x, and \[input\] does so/,
  );
  assert.match(problems('[input.a]\n[input.b]\n')[0] ?? '', /^config\.conf:2: /);
  assert.match(
    problems('', { TAILSHIP_INPUT__A__POLL: '1s', TAILSHIP_INPUT__B__POLL: '1s' })[0] ?? '',
    /^TAILSHIP_INPUT__B__POLL: \[input\.b\] reads/,
  );
});

test('[transform.NAME], [levels.NAME] and [owners.NAME] go with [input.NAME] and inherit from the unnamed ones', () => {
  const { inputs } = config(
    [
      '[input.a]\npath = /a\n[input.b]\npath = /b',
      '[transform]\nunmatched = join\ntimezone = UTC\n[transform.a]\nunmatched = drop',
      '[levels]\nX = crit\nY = crit\n[levels.a]\nX = alert',
      '[owners]\no = local0.*\n[owners.b]\no = *.err\np = *.err',
    ].join('\n'),
  );
  const [a, b] = inputs.map(({ transform }) => transform);
  assert.deepEqual([a?.unmatched, a?.timezone, b?.unmatched, b?.timezone], ['drop', 'UTC', 'join', 'UTC']);
  assert.deepEqual([a?.levels.get('X'), a?.levels.get('Y'), b?.levels.get('X')], [1, 2, 2]);
  assert.deepEqual([a?.owners.get('o')?.facility, a?.owners.has('p')], [16, false]);
  assert.deepEqual(b?.owners.get('o'), { facility: undefined, severity: 3 });
});

test('a [transform.NAME] without its [input.NAME] is an error with the nearest input', () => {
  assert.deepEqual(problems('[input.web]\npath = /a\n[transform.wbe]\n'), [
    'config.conf:3: [transform.wbe] has no [input.wbe] that it could belong to. Did you mean [transform.web]?',
  ]);
  assert.match(
    problems('[owners.web]\na = *.err\n')[0] ?? '',
    /^config\.conf:1: \[owners\.web\] has no \[input\.web\].* or write \[owners\] for all inputs\.$/,
  );
  assert.match(
    problems('', { TAILSHIP_LEVELS__WEB__X: 'err' })[0] ?? '',
    /^TAILSHIP_LEVELS__WEB__X: \[levels\.web\] has no \[input\.web\]/,
  );
});

test('with format = script and no pattern set, the pattern is script and unmatched is drop', () => {
  const shaped = (text: string) => config(text).inputs.map(({ transform }) => [transform.pattern, transform.unmatched]);
  const script = { builtin: 'script' };
  const app = { builtin: 'app' };
  assert.deepEqual(shaped('[syslog]\nformat = script\n'), [[script, 'drop']]);
  assert.deepEqual(shaped('[syslog]\nformat = script\n[transform]\nunmatched = ship\n'), [[script, 'ship']]);
  assert.deepEqual(shaped('[syslog]\nformat = script\n[transform]\npattern = app\n'), [[app, 'ship']]);
  assert.deepEqual(shaped('[syslog]\nformat = rfc3164\n'), [[app, 'ship']]);
  assert.deepEqual(
    shaped('[syslog]\nformat = script\n[input.a]\npath = /a\n[input.b]\npath = /b\n[transform.b]\npattern = app\n'),
    [
      [script, 'drop'],
      [app, 'ship'],
    ],
  );
});

test('[syslog.NAME] is a destination that inherits from [syslog]; there may be several, and no two of one name', () => {
  const { name, link, record } = destination('[syslog]\nformat = rfc3164\n[syslog.far]\ntarget = tcp://a:1\n');
  assert.deepEqual([name, link.targets[0]?.url, record.format, record.chunk], ['far', 'tcp://a:1', 'rfc3164', 8096]);
  const names = (text: string) => config(text).destinations.map((one) => one.name);
  assert.deepEqual(names('[syslog.a]\n[syslog.b]\ntarget = @h\n[syslog.c]\n'), ['a', 'b', 'c']);
  assert.deepEqual(names('[syslog.a]\n[syslog]\ntarget = @h\n'), ['syslog', 'a']);
  assert.match(problems('[syslog.syslog]\n')[0] ?? '', /the name syslog belongs to \[syslog\] itself/);
});

test('relative paths count from the folder of the file, for the spool too', () => {
  const { inputs, spool, source } = config('[input]\npath = logs/../app.log\n[spool]\npath = state/spool.db\n');
  assert.deepEqual([inputs[0]?.paths, spool.path], [[`${folder}/app.log`], `${folder}/state/spool.db`]);
  assert.equal(source, `${folder}/config.conf`);
});

test('a relative glob for rotated files counts from the folder of the file too', () => {
  const { inputs } = config('[input]\nrotated = old/*\n');
  assert.equal(inputs[0]?.rotated, `${folder}/old/*`);
});

test('the Config is frozen', () => {
  const all = config('');
  assert.throws(() => Object.assign(all, { source: 'x' }), TypeError);
  assert.throws(() => Object.assign(all.inputs[0]!.transform, { unmatched: 'drop' }), TypeError);
  assert.throws(() => Object.assign(all.destinations[0]!.link.targets[0]!, { port: 1 }), TypeError);
});

test('without -c it is ./config.conf, else the one in /etc/tailship, else the defaults', () => {
  assert.equal(
    findConfig('/here', () => true),
    '/here/config.conf',
  );
  assert.equal(
    findConfig('/here', (file) => file !== '/here/config.conf'),
    '/etc/tailship/config.conf',
  );
  assert.equal(
    findConfig('/here', () => false),
    undefined,
  );
  load('[log]\nlevel = debug\n');
  const found = loadConfig({ file: undefined, env: {}, cwd: folder }).config;
  assert.deepEqual([found.log.level, found.source], ['debug', `${folder}/config.conf`]);
});

test('a named file that is absent, a directory, or may not be read has its sentence', () => {
  const said = (file: string) => {
    try {
      loadConfig({ file, env: {}, cwd: folder });
    } catch (error) {
      if (error instanceof ConfigProblems) return error.message;
      throw error;
    }
    return '';
  };
  assert.match(said('absent.conf'), /^absent\.conf: there is no such file\. Correct -c/);
  assert.match(said('config.conf/x'), /^config\.conf\/x: there is no such file/);
  assert.match(said('.'), /^\.: this is a directory\. Name the file in it\.$/);
});

test('a file that may not be read says so with the user, any other failure with its reason', () => {
  const said = (code: string) => {
    const read = () => {
      throw Object.assign(new Error(`${code}: it failed`), { code });
    };
    return () => loadConfig({ file: 'config.conf', env: {}, cwd: folder, read });
  };
  assert.throws(said('EACCES'), /^ConfigProblems: config\.conf: it may not be read by this user \(uid \d+\)\. Give/);
  assert.throws(said('EPERM'), /may not be read/);
  assert.throws(said('EIO'), /^ConfigProblems: config\.conf: it cannot be read \(EIO: it failed\)\. /);
});

test('a config.conf that leads nowhere is an error, not a reason for the defaults', () => {
  const empty = fs.mkdtempSync(path.join(folder, 'link-'));
  fs.symlinkSync('nowhere', path.join(empty, 'config.conf'));
  assert.throws(() => loadConfig({ file: undefined, env: {}, cwd: empty }), /there is no such file/);
});
