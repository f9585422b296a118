import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { memoryLimit } from '../../agent/report.ts';
import { createWorld } from './fake-io.ts';

const CONFIG = `[input]
path = app.log
[status]
token = correct-horse-battery
;token = an-older-one
[redact]
hash_key = plum-pudding-and-cream
[syslog]
target = tcp://127.0.0.1:9
; target = tcp://user:lemon-tart@log.example:514
`;

test('the report holds configuration, status, check and versions, and no secret and no line of a log', async () => {
  using world = createWorld();
  world.write('app.log', 'Nov 23 10:00:00 web1 app: a secret of the application\n');
  world.write('config.conf', CONFIG);
  const env = {
    TAILSHIP_SPOOL_PATH: path.join(world.folder, 'spool.db'),
    TAILSHIP_STATUS_TOKEN: 'variable-horse',
    OTHER: 'not ours',
  };
  const { code, out, err } = await world.runWith({ env }, 'report', '--out', 'r.txt');
  assert.deepEqual([code, out, err], [0, `${world.folder}/r.txt\n`, '']);
  const text = fs.readFileSync(path.join(world.folder, 'r.txt'), 'utf8');
  assert.deepEqual(text.match(/(?<=^==== ).*(?= ====$)/gm), [
    'Versions and platform',
    'Configuration',
    'Environment',
    'Status',
    'Check',
    'Status as JSON',
  ]);
  for (const held of [
    `Node ${process.versions.node}`,
    'token = ***',
    ';token = ***',
    'tcp://***@log.example:514',
    'TAILSHIP_STATUS_TOKEN=***',
    'is NOT RUNNING',
    '[server-away]',
    '[status] health_after = 60s (default)',
  ])
    assert.ok(text.includes(held), held);
  for (const secret of ['horse', 'an-older-one', 'plum-pudding', 'lemon-tart', 'secret of the application', 'not ours'])
    assert.ok(!text.includes(secret), secret);
  assert.equal(fs.statSync(path.join(world.folder, 'r.txt')).mode & 0o777, 0o600);
});

test('a report never overwrites a file, goes to stdout when asked, and comes with a wrong configuration too', async () => {
  using world = createWorld();
  world.write('config.conf', '[input]\npth = x\n');
  world.write('r.txt', 'mine');
  const refused = await world.run('report', '--out', 'r.txt');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^tailship: .*r\.txt/);
  assert.equal(fs.readFileSync(path.join(world.folder, 'r.txt'), 'utf8'), 'mine');
  const { code, out } = await world.run('report', '--out', '-');
  assert.equal(code, 0);
  assert.match(out, /error {4}.*config\.conf:2: 'pth' is no key of \[input\]/);
});

test('the report tells the memory limit of the process where there is one, and nothing like one where there is none', () => {
  const total = 8 * 2 ** 30;
  assert.equal(memoryLimit(512 * 2 ** 20, total), 'this process may take 512MiB');
  for (const none of [0, 2 ** 63 - 4096, 2 ** 64]) assert.equal(memoryLimit(none, total), 'no limit for this process');
});
