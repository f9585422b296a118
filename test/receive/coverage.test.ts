import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCoverage } from '../../agent/receive/coverage.ts';

test('pieces in any order cover what a list of single bytes would', () => {
  const piece = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const coverage = createCoverage();
      const seen = new Array<boolean>(80).fill(false);
      for (const [start, length] of pieces) {
        const before = seen.slice(start, start + length).filter(Boolean).length;
        assert.equal(
          coverage.add(start, start + length),
          before === 0 ? 'new' : before === length ? 'repeat' : 'overlap',
        );
        seen.fill(true, start, start + length);
      }
      assert.equal(coverage.first(), Math.max(0, seen.indexOf(true)));
      assert.equal(coverage.end(), seen.lastIndexOf(true) + 1);
      const gaps = seen.map((_, at) => at).filter((at) => !seen[at] && at > coverage.first() && at < coverage.end());
      const told = coverage.gaps().flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      assert.deepEqual(told, gaps);
    }),
    { numRuns: 1000 },
  );
});

test('a million records of one file keep one interval', () => {
  const coverage = createCoverage();
  for (let i = 0; i < 1_000_000; i += 1) coverage.add(i * 100, i * 100 + 100);
  assert.deepEqual(coverage.gaps(), []);
  assert.equal(coverage.end(), 100_000_000);
});

test('gaps beyond what is kept are summed up, none is forgotten in the sum', () => {
  const coverage = createCoverage(10);
  for (let i = 0; i < 1000; i += 1) coverage.add(i * 10, i * 10 + 7);
  const { gaps, bytes } = coverage.forgotten();
  assert.ok(coverage.gaps().length <= 20, 'memory is bounded');
  assert.equal(gaps + coverage.gaps().length, 999);
  assert.equal(bytes + coverage.gaps().length * 3, 999 * 3);
  assert.equal(coverage.first(), 0);
  assert.equal(coverage.end(), 9997);
});
