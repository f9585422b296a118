import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSelector, selects } from '../../agent/shape/select.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

const NAMED = [
  ...['*.*', '*.info;mail.none;authpriv.none;cron.none', 'kern,mail.err', '*.=debug', '*.*;*.!warning', '*.*;*.!=info'],
  ...['mail.*;mail.!=info', '*.emerg;auth,authpriv.none', 'local7.panic', 'mail.error', 'mail.warn', 'security.info'],
  ...['*.none', '*.*;*.!none', '*.*;*.!*', 'mail.none;mail.info', 'mail.info;*.none', 'mail.3', 'MAIL.Info', 'ntp.=6'],
];

/** Names that rsyslog 8 knows too; those for 13 to 15 are not among them. */
const FACILITIES = 'kern user mail daemon auth security syslog lpr news uucp cron authpriv ftp ntp local0 local7'.split(
  ' ',
);
const SEVERITIES = 'emerg panic alert crit err error warning warn notice info debug'.split(' ');
const facilities = fc.oneof(
  fc.constant('*'),
  fc.array(fc.constantFrom(...FACILITIES), { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
);
const severity = fc.oneof(
  fc.constantFrom('*', 'none', '!*', '!none'),
  fc.tuple(fc.constantFrom('', '!', '=', '!='), fc.constantFrom(...SEVERITIES)).map((all) => all.join('')),
);
const part = fc.tuple(facilities, severity).map((both) => both.join('.'));
const selectors = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(';'));

test('a selector chooses what it chooses in rsyslog, over all 24 x 8 priorities', needsParts('rsyslog'), async (t) => {
  const here = scene(t);
  const all = [...NAMED, ...fc.sample(selectors, { numRuns: 100, seed: 5424 })];
  const file = (i: number) => here.at(`chosen-${i}`);
  const actions = all.map((selector, i) => `${selector} ${file(i)};priority\n`).join('');
  const rsyslogd = await startRsyslogd(here, {
    actions: `template(name="priority" type="string" string="%pri%\\n")\n${actions}`,
  });
  const priorities = [...Array(192).keys()];
  const socket = net.connect(rsyslogd.port, '127.0.0.1');
  socket.end(priorities.map((pri) => `<${pri}>1 2026-11-23T10:00:01Z host app - - - text\n`).join(''));
  await until('rsyslogd has it all', () => rsyslogd.lines().length === priorities.length);
  await rsyslogd.stop();
  for (const [i, selector] of all.entries()) {
    const theirs = fs.existsSync(file(i)) ? fs.readFileSync(file(i), 'utf8').split('\n').slice(0, -1).map(Number) : [];
    const selection = readSelector(selector);
    assert.deepEqual(
      priorities.filter((pri) => selects(selection, pri)),
      theirs,
      selector,
    );
  }
});
