import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFileLines } from '../../agent/file-lines.ts';
import type { Lens } from '../../agent/ops/observer.ts';
import type { Store } from '../../agent/store/store.ts';
import type { FileStatus } from '../../agent/tail/status.ts';
import type { WalkInput } from '../../agent/walk.ts';

/** An input of one file of 100 bytes, of which a part is read and a part of that settled. */
function told() {
  const now = { read: 60, settled: 40, since: 5_000, tail: 0, store: 0, lens: 0 };
  const status = (): FileStatus[] => [
    {
      ...{ path: '/a.log', chain: '/a.log', file: 1, gen: 'g', offset: now.read, size: 100, behind: 100 - now.read },
      ...{ state: 'reading', reason: 'never seen before', waitingSince: 7_000 },
    },
  ];
  const store = { revision: () => now.store, settled: () => new Map([[1, now.settled]]) } as unknown as Store;
  const input = { tail: { each: status, revision: () => now.tail } } as unknown as WalkInput;
  const lens = { revision: () => now.lens, since: () => now.since, speed: () => 9 } as unknown as Lens;
  const lines = createFileLines(store);
  return { now, ask: () => lines('server', input, lens) };
}

test('what is said of files sums up how far they are behind, and since when', () => {
  const { ask } = told();
  const { lines, behind, oldest } = ask();
  assert.deepEqual([behind, oldest], [60, 5_000]);
  const [line] = lines;
  assert.deepEqual([line?.read, line?.settled, line?.behind, line?.rate], [60, 40, 60, 9]);
});

test('it is made anew when the files, the state or the lens have changed, and is the same list until then', () => {
  const { now, ask } = told();
  const first = ask();
  assert.equal(ask().lines, first.lines);
  Object.assign(now, { read: 80, tail: 1 });
  assert.equal(ask().lines[0]?.read, 80);
  Object.assign(now, { settled: 80, store: 1 });
  assert.deepEqual([ask().lines[0]?.settled, ask().behind], [80, 20]);
  Object.assign(now, { since: 6_000, lens: 1 });
  assert.equal(ask().oldest, 6_000);
  assert.equal(ask().lines, ask().lines);
});
