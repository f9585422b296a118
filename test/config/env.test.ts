import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../agent/sections.ts';
import { config, destination, folder, input, load, problems } from './load.ts';

test('TAILSHIP_<SECTION>_<KEY> comes before the file', () => {
  assert.equal(input('[input]\nstart = end\n', { TAILSHIP_INPUT_START: 'oldest' }).start, 'oldest');
  assert.equal(input('', { TAILSHIP_INPUT_MAX_LINE: '2kB' }).maxLine, 2000);
  assert.equal(destination('', { TAILSHIP_SYSLOG_TARGET: 'tcp://a:1' }).link.targets[0]?.url, 'tcp://a:1');
  assert.equal(input('[levels]\nwarn = err\n', { TAILSHIP_LEVELS_Warn: 'crit' }).transform.levels.get('WARN'), 2);
});

test('TAILSHIP_<SECTION>__<NAME>__<KEY> sets a key of a named section', () => {
  const text = '[input]\npoll = 2s\n[input.web]\npath = /a\npoll = 3s\n[input.db]\npath = /b\n';
  const env = { TAILSHIP_INPUT__WEB__PATH: '/c', TAILSHIP_INPUT_POLL: '4s', TAILSHIP_TRANSFORM__DB__UNMATCHED: 'join' };
  assert.deepEqual(
    config(text, env).inputs.map(({ name, paths, poll, transform }) => [name, ...paths, poll, transform.unmatched]),
    [
      ['web', '/c', 3000, 'ship'],
      ['db', '/b', 4000, 'join'],
    ],
  );
});

test('a list in the file gives way to the one value of the environment', () => {
  assert.deepEqual(input('[input]\npath[] = /a\npath[] = /b\n', { TAILSHIP_INPUT_PATH: '/c' }).paths, ['/c']);
});

test('a name in a variable matches in any case, with _ for what a variable cannot hold', () => {
  const text = '[input.My-App.1]\npath = /a\n';
  assert.deepEqual(
    config(text, { TAILSHIP_INPUT__MY_APP_1__PATH: '/b' }).inputs.map((one) => [one.name, ...one.paths]),
    [['My-App.1', '/b']],
  );
  assert.equal(
    input('[owners]\nMy-App = local0.err\n', { TAILSHIP_OWNERS_MY_APP: 'local1.err' }).transform.owners.get('My-App')
      ?.facility,
    17,
  );
});

test('a name that the file does not have is taken as written if it has a small letter, else in small letters', () => {
  assert.equal(input('', { TAILSHIP_INPUT__WEB__PATH: '/a' }).name, 'web');
  assert.equal(input('', { TAILSHIP_INPUT__MyWeb__PATH: '/a' }).name, 'MyWeb');
  const { owners } = input('', {
    TAILSHIP_OWNERS_SSHD: 'auth.*',
    TAILSHIP_OWNERS_Cron: '*.debug',
    TAILSHIP_OWNERS_ECMS_TROUBLESHOOT: '*.err',
  }).transform;
  assert.deepEqual(owners.get('sshd'), { facility: 4, severity: undefined });
  assert.deepEqual(owners.get('Cron'), { facility: undefined, severity: 7 });
  assert.deepEqual(owners.get('ecms_troubleshoot'), { facility: undefined, severity: 3 });
});

test('a name that may mean two sections is an error, unless it is written exactly', () => {
  const text = '[input.a-b]\npath = /a\n[input.a.b]\npath = /b\n[input.A]\npath = /c\n[input.a]\npath = /d\n';
  assert.deepEqual(problems(text, { TAILSHIP_INPUT__A_B__START: 'end' }), [
    'TAILSHIP_INPUT__A_B__START may mean [input.a-b] or [input.a.b]. Set it in the file.',
  ]);
  assert.equal(config(text, { TAILSHIP_INPUT__a__START: 'end' }).inputs[3]?.start, 'end');
});

test('values in the environment are literal: no quotes, no comments', () => {
  assert.deepEqual(input('', { TAILSHIP_INPUT_PATH: "/a ; 'b' #c" }).paths, ["/a ; 'b' #c"]);
  assert.deepEqual(input('', { TAILSHIP_TRANSFORM_PATTERN: '(?<msg>\\d;)' }).transform.pattern, {
    regex: '(?<msg>\\d;)',
  });
});

test('an unknown variable that begins with TAILSHIP_ is an error with the nearest name', () => {
  assert.deepEqual(problems('', { TAILSHIP_INPUT_PAHT: '/a' }), [
    'TAILSHIP_INPUT_PAHT is no setting. Did you mean TAILSHIP_INPUT_PATH?',
  ]);
  assert.deepEqual(problems('', { TAILSHIP_INPUT__WEB__PAHT: '/a' }), [
    'TAILSHIP_INPUT__WEB__PAHT is no setting. Did you mean TAILSHIP_INPUT__WEB__PATH?',
  ]);
  for (const variable of [
    'TAILSHIP_',
    'TAILSHIP_X',
    'TAILSHIP_INPUT',
    'TAILSHIP_INPUT_',
    'TAILSHIP_INPUT__WEB',
    'TAILSHIP_INPUT____PATH',
  ]) {
    assert.match(problems('', { [variable]: '1' })[0] ?? '', new RegExp(`^${variable} `));
  }
  assert.match(problems('', { TAILSHIP_SPOOL__WEB__PATH: '1' })[0] ?? '', /^TAILSHIP_SPOOL__WEB__PATH .*takes no name/);
  assert.deepEqual(problems('', { HOME: '/root', TAILSHIPX: '1', tailship_input_paht: '1', PATH: undefined }), []);
});

test('a bad value in the environment names the variable, behind the problems of the file', () => {
  assert.deepEqual(problems('[log]\nlevel = loud\n', { TAILSHIP_INPUT_POLL: '5' }), [
    "config.conf:2: level: 'loud' is none of debug, info, warn, error.",
    "TAILSHIP_INPUT_POLL: poll: '5' has no unit: write 5s for seconds, or use ms, m, h or d.",
  ]);
});

test('a control character in a variable is named and not printed', () => {
  assert.deepEqual(problems('', { TAILSHIP_INPUT_PATH: '/a\n/b' }), [
    'TAILSHIP_INPUT_PATH holds the control character U+000A. Remove it.',
  ]);
  assert.match(
    problems('', { 'TAILSHIP_\x1b[1m': '' })[0] ?? '',
    /^TAILSHIP_\?\[1m holds the control character U\+001B/,
  );
});

test('two variables that mean the same key are an error', () => {
  assert.match(
    problems('', { TAILSHIP_INPUT_POLL: '5s', TAILSHIP_input_poll: '6s' })[0] ?? '',
    /sets the same as TAILSHIP_INPUT_POLL/,
  );
});

test('a relative path in the environment counts from the working directory, one in the file from its folder', () => {
  assert.deepEqual(input('[input]\npath = logs/*.log\n').paths, [`${folder}/logs/*.log`]);
  const elsewhere = loadConfig({
    file: `${folder}/config.conf`,
    env: { TAILSHIP_INPUT_PATH: 'a.log' },
    cwd: '/elsewhere',
  });
  assert.deepEqual(elsewhere.config.inputs[0]?.paths, ['/elsewhere/a.log']);
});

test('each value in effect says where it came from', () => {
  const text =
    '[input]\npoll = 2s\n[input.web]\npath[] = /a\npath[] = /b\n[owners]\napp = local0.*\n[syslog]\nformat = script\n';
  const { origins } = load(text, { TAILSHIP_TRANSFORM__WEB__TIMEZONE: 'UTC', TAILSHIP_LOG_LEVEL: 'debug' });
  const of = (key: string) => origins.get(key);
  assert.deepEqual(of('[input.web] path'), { text: '/a, /b', origin: { from: 'file', line: 4 } });
  assert.deepEqual(of('[input.web] poll'), { text: '2s', origin: { from: 'file', line: 2 } });
  assert.deepEqual(of('[input.web] start'), { text: 'beginning', origin: { from: 'default' } });
  assert.deepEqual(of('[owners.web] app'), { text: 'local0.*', origin: { from: 'file', line: 7 } });
  assert.deepEqual(of('[transform.web] timezone'), {
    text: 'UTC',
    origin: { from: 'environment', variable: 'TAILSHIP_TRANSFORM__WEB__TIMEZONE' },
  });
  assert.deepEqual(of('[transform.web] pattern'), { text: 'script', origin: { from: 'default' } });
  assert.deepEqual(of('[transform.web] unmatched'), { text: 'drop', origin: { from: 'default' } });
  assert.equal(of('[log] level')?.text, 'debug');
  assert.equal(of('[input] poll'), undefined, 'the unnamed section is no input here');
});
