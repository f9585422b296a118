import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSpeeds } from '../../agent/ops/speeds.ts';

const at = (...places: readonly (readonly [gen: string, settled: number])[]) =>
  places.map(([gen, settled]) => ({ gen, settled }));

test('a file is as fast as it moved in the last ten seconds', () => {
  const speeds = createSpeeds();
  speeds.note(0, at(['a', 0], ['b', 500]));
  assert.equal(speeds.of('a'), 0);
  for (let s = 1; s <= 30; s++) speeds.note(s * 1000, at(['a', s * 100], ['b', 500]));
  assert.equal(speeds.of('a'), 100);
  assert.equal(speeds.of('b'), 0);
});

test('one that stands still again slows down and is then forgotten, and so is one that is gone', () => {
  const speeds = createSpeeds();
  speeds.note(0, at(['a', 0]));
  speeds.note(1000, at(['a', 1000]));
  speeds.note(5000, at(['a', 1000]));
  assert.equal(speeds.of('a'), 200);
  speeds.note(12_000, at(['a', 1000]));
  assert.equal(speeds.of('a'), 0);
  speeds.note(13_000, at(['a', 2000]));
  assert.equal(speeds.of('a'), 1000);
  speeds.note(14_000, at());
  assert.equal(speeds.of('a'), 0);
});

test('a file that was rewound has no speed until it moves on', () => {
  const speeds = createSpeeds();
  speeds.note(0, at(['a', 5000]));
  speeds.note(1000, at(['a', 0]));
  assert.equal(speeds.of('a'), 0);
  speeds.note(2000, at(['a', 300]));
  assert.equal(speeds.of('a'), 300);
});

test('a look at which nothing is different counts as one', () => {
  const speeds = createSpeeds();
  speeds.note(0, at(['a', 0]));
  speeds.noteSame(60_000);
  assert.equal(speeds.moves(), false);
  speeds.note(61_000, at(['a', 500]));
  assert.equal(speeds.of('a'), 500);
  assert.equal(speeds.moves(), true);
  speeds.note(80_000, at(['a', 500]));
  assert.equal(speeds.moves(), false);
});
