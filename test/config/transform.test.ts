import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPriorities } from '../../agent/shape/priority.ts';
import { input, problem } from './load.ts';

test('a pattern is a built-in name or a regex with a named group, in either spelling', () => {
  const pattern = (text: string) => input(`[transform]\npattern = ${text}\n`).transform.pattern;
  assert.deepEqual(pattern('script'), { builtin: 'script' });
  assert.deepEqual(pattern("'app'"), { builtin: 'app' });
  assert.deepEqual(pattern("'^(?P<time>\\S+) (?<msg>.*)$'"), { regex: '^(?P<time>\\S+) (?<msg>.*)$' });
});

test('a pattern that is neither is told what a regex needs, and the nearest built-in', () => {
  for (const text of ['ap', 'application', 'App']) {
    assert.match(
      problem('transform', 'pattern', text),
      /a regex needs single quotes and at least one named group.*Did you mean 'app'\?$/,
    );
  }
  for (const text of ['(.*)', '(?<=x)y', ''])
    assert.match(problem('transform', 'pattern', text), /at least one named group/);
  for (const text of ['java/cri', 'cri/utmp', 'cri/cri', 'cri/', 'cri/java/json', 'toString'])
    assert.match(problem('transform', 'pattern', text), /neither a built-in pattern/);
  assert.match(problem('transform', 'pattern', "'%{IPP:x}'"), /there is no %{IPP:x}: the names are BASE10NUM /);
});

test('a pattern that does not compile is reported with its line', () => {
  assert.match(problem('transform', 'pattern', "'(?<msg>['"), /^pattern.*does not compile/);
  assert.match(problem('transform', 'pattern', "'(?<msg>a)(?<msg>b)'"), /^pattern.*does not compile/);
});

test('timezone takes IANA zones in any case; local is the zone of the host', () => {
  const zone = (text: string) => input(`[transform]\ntimezone = ${text}\n`).transform.timezone;
  assert.equal(zone('local'), 'Europe/Berlin');
  assert.equal(zone('UTC'), 'UTC');
  assert.equal(zone('america/new_york'), 'America/New_York');
  assert.match(problem('transform', 'timezone', 'Europe/Brlin'), /Did you mean 'Europe\/Berlin'\?$/);
  assert.match(problem('transform', 'timezone', '+02:00'), /is no IANA time zone/);
});

test('level words match in any case, and the usual synonyms are built in', () => {
  const { levels } = input('').transform;
  const expected = {
    INFO: 6,
    WARN: 4,
    WARNING: 4,
    ERROR: 3,
    ERR: 3,
    DEBUG: 7,
    NOTICE: 5,
    CRIT: 2,
    CRITICAL: 2,
    ALERT: 1,
    EMERG: 0,
    PANIC: 0,
    FATAL: 2,
    TRACE: 7,
  };
  for (const [word, severity] of Object.entries(expected)) assert.equal(levels.get(word), severity, word);
  const own = input('[levels]\nLoud = Critical\nwarn = 5\nq = panic\n').transform.levels;
  assert.deepEqual([own.get('LOUD'), own.get('WARN'), own.get('Q'), own.get('INFO')], [2, 5, 0, 6]);
  assert.match(problem('levels', 'LOUD', 'eror'), /^LOUD: 'eror' is no severity.*Did you mean 'err'\?$/);
});

test('owners take facility.severity by name or number, and * leaves that half as it is', () => {
  const { owners } = input(
    '[owners]\na = local0.notice\nb = 16.5\nc = *.emerg\nd = AUTH.*\ne = security.error\n',
  ).transform;
  assert.deepEqual(owners.get('a'), { facility: 16, severity: 5 });
  assert.deepEqual(owners.get('b'), { facility: 16, severity: 5 });
  assert.deepEqual(owners.get('c'), { facility: undefined, severity: 0 });
  assert.deepEqual(owners.get('d'), { facility: 4, severity: undefined });
  assert.deepEqual(owners.get('e'), { facility: 4, severity: 3 });
});

test('the built-in owners: ecms_troubleshoot is emerg, and * is user.info', () => {
  const { owners } = input('').transform;
  assert.deepEqual(owners.get('ecms_troubleshoot'), { facility: undefined, severity: 0 });
  assert.deepEqual(owners.get('*'), { facility: 1, severity: 6 });
  assert.deepEqual(input('[owners]\n* = local0.notice\n').transform.owners.get('*'), { facility: 16, severity: 5 });
});

test("PRI: facility is the owner's, else user; severity is the owner's, else the level's, else info; * is the last resort", () => {
  const pri = (text: string, owner: string, level: string) => createPriorities(input(text).transform)(owner, level);
  assert.equal(pri('', 'ecms_auth', '[ERROR]'), 11);
  assert.equal(pri('', 'ecms_auth', ''), 14);
  assert.equal(pri('', 'ecms_troubleshoot', '[ERROR]'), 8);
  assert.equal(pri('[owners]\n* = user.info\n', 'ecms_auth', '[ERROR]'), 11);
  assert.equal(pri('[owners]\n* = local0.notice\n', 'ecms_auth', '[ERROR]'), 16 * 8 + 3);
  assert.equal(pri('[owners]\n* = local0.notice\n', 'ecms_auth', ''), 16 * 8 + 5);
  assert.equal(pri('[owners]\n* = local0.notice\n', 'ecms_troubleshoot', ''), 16 * 8);
  assert.equal(pri('[owners]\nsshd = auth.*\n', 'sshd', '[warn]'), 4 * 8 + 4);
});

test('an owner that cannot be read is told what is wrong with which half', () => {
  assert.match(problem('owners', 'app', 'local0'), /^app: 'local0' is not facility\.severity/);
  assert.match(problem('owners', 'app', 'loca10.info'), /'loca10' is no facility.*Did you mean 'local0'\?$/);
  assert.match(problem('owners', 'app', '24.info'), /'24' is no facility/);
  assert.match(problem('owners', 'app', 'user.inf'), /'inf' is no severity.*Did you mean 'info'\?$/);
  assert.match(problem('owners', 'app', 'user.info.x'), /is not facility\.severity/);
});
