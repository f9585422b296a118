/** docs/operating.md names the keys of what --json prints. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../harness/agent.ts';
import { DRAINING } from '../ops/parts.ts';
import { createWorld } from './fake-io.ts';

const rows = fs
  .readFileSync(path.join(ROOT, 'docs/operating.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| `\w+.* --json`/.test(line));

/** The keys in the last cell of the row that begins with `command`, those behind a semicolon not among them. */
function documented(command: string): string[] {
  const row = rows.find((line) => line.startsWith(`| \`${command}`));
  assert.ok(row, command);
  const [, , , keys = ''] = row.split('|');
  return [...keys.split(';')[0]!.matchAll(/`(\w+)`/g)].map(([, key]) => key!).sort();
}

test('the keys of check, status, spool ls and explain with --json are those of docs/operating.md', async () => {
  using world = createWorld();
  world.write('app.log', 'Nov 23 10:00:00 web1 app: one\n');
  world.write('config.conf', '[input]\npath = app.log\n[syslog]\ntarget = tcp://127.0.0.1:9\n');
  await world.run('run', '--once', '--wait', '100ms');
  const keys = async (...argv: string[]) => {
    const printed: Record<string, object> = JSON.parse((await world.run(...argv, '--json')).out);
    return Object.keys(argv[0] === 'explain' ? printed['server-away']! : printed).sort();
  };
  assert.deepEqual(await keys('check'), documented('check --json'));
  assert.deepEqual(await keys('status'), documented('status --json`, no agent'));
  assert.deepEqual(await keys('spool', 'ls'), documented('spool ls --json'));
  assert.deepEqual(await keys('explain', 'server-away'), documented('explain CODE --json'));
  assert.deepEqual(Object.keys(DRAINING).sort(), documented('status --json`, agent running'));
});

test('try --json prints the source, then the lines, then the sum, as docs/operating.md says', async () => {
  using world = createWorld();
  world.write('app.log', 'Nov 23 10:00:00 web1 app: one\nNov 23 10:00:01 web1 app: two\n');
  const { out } = await world.run('try', 'app.log', '--json');
  const told = out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { what: string }).what);
  assert.deepEqual(told, ['source', 'line', 'line', 'summary']);
  assert.deepEqual(documented('try --json'), ['line', 'source', 'summary', 'what']);
});
