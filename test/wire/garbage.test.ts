import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGarbage } from '../../agent/wire/garbage.ts';

const MIB = 1024 * 1024;

test('garbage is collected as soon as the heap has grown by 8 MiB since it last was', () => {
  let size = 20 * MIB;
  let collected = 0;
  const garbage = createGarbage(
    () => size,
    () => {
      collected += 1;
      size = 25 * MIB;
    },
  );
  for (const more of [0, 4, 3, 1, 7, 0]) {
    size += more * MIB;
    garbage.look();
  }
  assert.equal(collected, 1);
  size += 1 * MIB;
  garbage.look();
  assert.equal(collected, 2);
});
