import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAges } from '../../agent/ops/ages.ts';
import { createRates } from '../../agent/ops/rates.ts';

const at = (lines: number) => new Map([['a', { lines, bytes: lines * 10 }]]);

test('a rate is what was counted in the last ten seconds, and nothing while only one look was taken', () => {
  const rates = createRates();
  rates.note(0, at(1_000));
  assert.deepEqual(rates.of('a'), { lines: 0, bytes: 0 });
  rates.note(2_000, at(1_010));
  assert.deepEqual(rates.of('a'), { lines: 5, bytes: 50 });
  for (let second = 3; second <= 40; second++) rates.note(second * 1000, at(1_010 + (second - 2) * 100));
  assert.deepEqual(rates.of('a'), { lines: 100, bytes: 1000 });
  for (let second = 41; second <= 60; second++) rates.note(second * 1000, at(4_810));
  assert.deepEqual(rates.of('a'), { lines: 0, bytes: 0 });
});

test('a counter that is not known, or was set back, has no rate rather than a false one', () => {
  const rates = createRates();
  rates.note(0, at(50));
  rates.note(1_000, at(10));
  assert.deepEqual(rates.of('a'), { lines: 0, bytes: 0 });
  assert.deepEqual(rates.of('b'), { lines: 0, bytes: 0 });
});

test('a line is as old as the look that first saw the file reach beyond it', () => {
  const ages = createAges();
  const look = (now: number, size: number, modified?: number) => ages.note(now, [{ gen: 'g', size, modified }]);
  look(10_000, 100, 4_000);
  look(20_000, 100);
  look(30_000, 250);
  look(40_000, 300);
  assert.equal(ages.since('g', 0), 4_000);
  assert.equal(ages.since('g', 99), 4_000);
  assert.equal(ages.since('g', 100), 30_000);
  assert.equal(ages.since('g', 250), 40_000);
  assert.equal(ages.since('g', 300), undefined);
  ages.note(50_000, []);
  assert.equal(ages.since('g', 0), undefined);
});

test('a file that grows for days is remembered in bounded memory, and never made to look older', () => {
  const ages = createAges();
  for (let n = 1; n <= 5_000; n++) ages.note(n * 1000, [{ gen: 'g', size: n * 10, modified: undefined }]);
  for (let n = 1; n < 5_000; n += 7) {
    const since = ages.since('g', n * 10);
    assert.ok(since !== undefined && since >= (n + 1) * 1000, `${n}: ${since}`);
  }
  assert.equal(ages.since('g', 49_990), 5_000_000);
});

test('a file that was emptied begins anew', () => {
  const ages = createAges();
  ages.note(1_000, [{ gen: 'g', size: 500, modified: undefined }]);
  ages.note(2_000, [{ gen: 'g', size: 5, modified: undefined }]);
  assert.equal(ages.since('g', 0), 2_000);
});

test('ages tell whether a look brought anything new', () => {
  const ages = createAges();
  const look = (now: number, size: number) => ages.note(now, [{ gen: 'g', size, modified: undefined }]);
  assert.equal(look(1_000, 100), true);
  assert.equal(look(2_000, 100), false);
  assert.equal(look(3_000, 200), true);
  assert.equal(look(4_000, 50), true);
  assert.equal(look(5_000, 50), false);
});
