import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import type { Checked } from '../../agent/check.ts';
import { MAIN } from '../harness/agent.ts';
import { freePort, start, withoutOverride } from '../harness/processes.ts';
import { scene } from '../harness/temp.ts';

const withRights = {
  skip: withoutOverride('true', []) ? false : 'setpriv is missing, and root is held back by no file rights',
} as const;

const HOUR = 3_600_000;

test('check finds all mistakes of a broken host, each with its code, its place and a cure', withRights, async (t) => {
  const s = scene(t);
  const port = await freePort();
  for (const name of ['closed', 'copied', 'packed', 'named', 'moved', 'deleted'])
    fs.writeFileSync(s.at(`${name}.log`), 'x\n');
  fs.chmodSync(s.at('closed.log'), 0);
  fs.mkdirSync(s.at('folder'));
  // The file grows by 20 MB an hour, so that a spool of 1 MiB is full at once.
  for (const [n, age] of [
    [1, 1],
    [2, 2],
  ] as const) {
    fs.writeFileSync(s.at(`deleted.log.${n}`), Buffer.alloc(20_000_000));
    fs.utimesSync(s.at(`deleted.log.${n}`), new Date(Date.now() - age * HOUR), new Date(Date.now() - age * HOUR));
  }
  fs.writeFileSync(s.at('spool.db'), 'this is no database, but long enough to look like one '.repeat(50), {
    mode: 0o600,
  });
  const rotates = (name: string, says: string) => `${s.at(`${name}.log`)} {\n  daily\n  ${says}\n}\n`;
  fs.writeFileSync(
    s.at('logrotate.conf'),
    [
      'rotate 30\n',
      rotates('copied', 'copytruncate'),
      rotates('packed', 'compress'),
      rotates('named', 'dateext\n  dateformat .week%V'),
      rotates('moved', 'olddir old'),
      rotates('deleted', 'rotate 1'),
    ].join(''),
  );
  fs.writeFileSync(
    s.at('config.conf'),
    `[input]
path[] = absent.log
path[] = folder
path[] = closed.log
path[] = copied.log
path[] = packed.log
path[] = named.log
path[] = moved.log
path[] = deleted.log
[transform]
pattern = '^(?<msg>(\\w{1,200}\\s?)*)$'
[syslog]
target = tcp://127.0.0.1:${port}
[spool]
path = spool.db
max_size = 1MiB
`,
  );
  const args = ['check', '--connect', '--logrotate', s.at('logrotate.conf'), '-c', s.at('config.conf')];
  const ask = async (...more: string[]) => {
    const [command, argv] = withoutOverride(process.execPath, [MAIN, ...args, ...more])!;
    const asked = start(s, command, argv);
    return { code: (await asked.exited).code, out: asked.stdout() };
  };
  const { code, out } = await ask('--json');
  assert.equal(code, 1, out);
  const { findings } = JSON.parse(out) as Checked;
  const wrong = findings.filter((one) => one.level !== 'ok' && one.code !== 'spool-fleeting');
  assert.deepEqual(
    wrong.map((one) => one.code).sort(),
    [
      ...['file-absent', 'file-closed', 'file-not-plain', 'pattern-risky', 'server-away', 'spool-damaged'],
      ...[
        'rotation-copytruncate',
        'rotation-packs-early',
        'rotation-name',
        'rotation-olddir',
        'rotation-deletes-early',
      ],
    ].sort(),
  );
  for (const { what, where, cure } of wrong) {
    assert.match(where ?? '', /(config|logrotate)\.conf:\d+$/, what);
    assert.ok((cure ?? '').length > 10, what);
  }
  const about = (code: string) => wrong.find((one) => one.code === code)!;
  assert.match(about('rotation-olddir').cure!, new RegExp(`rotated = ${s.at('old/moved.log')}\\*$`));
  assert.equal(about('rotation-packs-early').where, `${s.at('logrotate.conf')}:6`);
  const shown = await ask();
  assert.equal(shown.code, 1);
  assert.match(shown.out, /^\d+ errors, \d+ warnings\. Not ready to run/m);
});
