import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

/** At the end of the process so many objects are made, and some kept for a while, that V8 would give them more room; then tells its size. */
const PROBE = `process.on('exit', () => {
  let kept = [];
  for (let n = 0; n < 3e6; n++) {
    kept.push({ n });
    if (kept.length > 1e5) kept = [];
  }
  const young = process.getBuiltinModule('v8').getHeapSpaceStatistics().find((one) => one.space_name === 'new_space');
  process.stdout.write('young: ' + young.space_size);
});`;

test('the room for young objects does not grow, whoever starts the program', () => {
  const main = path.resolve(import.meta.dirname, '../../agent/main.ts');
  const probe = `--import=data:text/javascript,${encodeURIComponent(PROBE)}`;
  const { stdout } = spawnSync(process.execPath, [probe, main, '--version'], { encoding: 'utf8' });
  assert.ok(Number(/young: (\d+)/.exec(stdout)?.[1]) <= 2 * 2 ** 20, stdout);
});
