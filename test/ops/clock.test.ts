import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';

const CLOCK = path.resolve(import.meta.dirname, '../../agent/ops/clock.ts');

test('after calls back once, and never when it is cancelled', async () => {
  const called: string[] = [];
  await new Promise<void>((resolve) => {
    const keepAlive = setInterval(() => {}, 1_000);
    realClock.after(0, () => called.push('cancelled'))();
    realClock.after(1, () => {
      called.push('due');
      clearInterval(keepAlive);
      resolve();
    });
  });
  assert.deepEqual(called, ['due']);
});

test('a wait longer than a timer can hold does not end at once, and does not keep the process alive', () => {
  const script = `import { realClock } from ${JSON.stringify(CLOCK)};
    realClock.after(2 ** 40, () => console.log('too early'));
    await new Promise((resolve) => setTimeout(resolve, 20));`;
  const said = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], { encoding: 'utf8' });
  assert.equal(said, '');
});

test('ticks never go back', () => {
  const first = realClock.ticks();
  assert.ok(realClock.ticks() >= first);
});
