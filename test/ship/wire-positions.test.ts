import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPositions, SAME } from '../../agent/ship/wire-positions.ts';

test('a write is among the first bytes of the wire only once the wire has got as far as it had when the write was through', () => {
  const positions = createPositions();
  positions.flushed(100, 1_568);
  positions.flushed(250, 1_740);
  positions.flushed(300, 1_812);
  const seen = [0, 100, 1_567, 1_568, 1_739, 1_740, 5_000, 5_000].map(positions.writtenAt);
  assert.deepEqual(seen, [0, 0, 0, 100, 100, 250, 300, 300]);
});

test('on plain TCP both are the same', () => {
  assert.equal(SAME.writtenAt(77), 77);
});
