/** What was dropped and is still to be told to the server: it stands in the state, in few ranges, until a record of it does. */
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../agent/sections.ts';
import { createOwnWriter } from '../../agent/shape/own.ts';
import type { DroppedRange } from '../../agent/store/untold.ts';
import type { Batch, SpoolConfig } from '../../agent/types.ts';
import { dropParams, lossParams } from '../../agent/wire/notice.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, type Opened, open, rowsOf } from './help.ts';

const { record } = loadConfig({ file: undefined, env: {}, cwd: '/' }).config.destinations[0]!;
const own = createOwnWriter(record, 'app', 'UTC');

/** A record of the agent's own that tells of the ranges. */
const recordOf = (ranges: readonly DroppedRange[]): Batch =>
  own.batch(
    ranges.map(({ gen, cause, start, stop }) => {
      const params = dropParams({ gen, from: start, bytes: stop - start, why: cause });
      return { severity: 'warning', msg: 'dropped', params };
    }),
    0,
  );

type Told = [gen: string, cause: string, start: number, stop: number];

/** What would be told, and is taken for told. */
function tell({ store, clock }: Opened): Told[] {
  let told: Told[] = [];
  clock.turn(10_000);
  store.tellDropped('main', (ranges) => {
    told = ranges.map(({ gen, cause, start, stop }) => [gen, cause, start, stop]);
    return undefined;
  });
  return told;
}

function scene(t: TestContext, change: Partial<SpoolConfig> = {}) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const opened = open(t, file, change);
  const [app, web] = [addFile(opened.store), addFile(opened.store, 'web')];
  const gens = new Map(
    ['app', 'web'].flatMap((name) => opened.store.generations(name)).map((one) => [one.file, one.gen]),
  );
  /** A row of one line of 10 bytes that ends at `offset`, of which the last `skip` were passed over. */
  const put = (to: number, offset: number, skip = 0, payload = 100) =>
    opened.store.spool('main', [live(batch({ marks: [mark(to, offset, skip)], sent: count(1, 10), payload }))]);
  return { ...opened, file, app, web, put, gen: (of: number) => gens.get(of)! };
}

test('what is dropped by hand is one range for each generation, from the first byte that no record stands for', (t) => {
  const s = scene(t);
  s.store.begin('main', mark(s.web, 100, 5));
  for (const n of [1, 2, 3]) s.put(s.app, 10 * n);
  s.put(s.web, 120, 8);
  s.store.settle('main', [s.store.read('main', 0)!]);
  s.store.drop({});
  const expected: Told[] = [
    [s.gen(s.app), 'by-hand', 10, 30],
    [s.gen(s.web), 'by-hand', 95, 112],
  ];
  assert.deepEqual(tell(s), expected.sort());
  assert.deepEqual(tell(s), [], 'once');
});

test('it is told once there is room, never so that something is dropped for it, and then stands in the spool like any row', (t) => {
  const s = scene(t, { maxSize: 512 * 1024, full: 'drop-newest' });
  let last = 0;
  // Large rows until one has no room, and then small ones, until not even a record of ours has.
  for (const payload of [30_000, 100]) {
    for (let there = -1; there < s.store.spooled('main').rows; last += 10) {
      there = s.store.spooled('main').rows;
      s.put(s.app, last + 10, 0, payload);
    }
  }
  const rows = rowsOf(s.store, 'main');
  assert.equal(s.store.tellDropped('main', recordOf), false);
  assert.equal(rowsOf(s.store, 'main').length, rows.length);
  s.store.settle('main', rows);
  s.clock.turn(10_000);
  assert.equal(s.store.tellDropped('main', recordOf), true);
  const [told] = rowsOf(s.store, 'main');
  const ranges = String(told?.batch.payload).match(
    new RegExp(` of="${s.gen(s.app)}" from="\\d+" dropped="10" why="spool-full"`, 'g'),
  );
  assert.equal(ranges?.length, 2);
});

test('a record of the agent that is dropped itself is told once more, also where it tells of a loss', (t) => {
  const s = scene(t);
  for (const n of [1, 2]) s.put(s.app, 10 * n);
  s.store.drop({});
  assert.equal(s.store.tellDropped('main', recordOf), true);
  const params = lossParams({ gen: undefined, from: 3, bytes: 4, why: 'deleted' });
  s.store.spool('main', [live(own.batch([{ severity: 'warning', msg: 'lost', params }], 0))]);
  s.store.drop({});
  assert.deepEqual(tell(s), [
    ['', 'lost:deleted', 3, 7],
    [s.gen(s.app), 'by-hand', 0, 20],
  ]);
});

test('it is kept in the state, over a restart and where that is damaged', (t) => {
  const s = scene(t);
  s.put(s.app, 10);
  s.store.drop({});
  s.store.close();
  open(t, s.file).store.close();
  truncateSync(s.file, 0);
  assert.deepEqual(tell(open(t, s.file)), [[s.gen(s.app), 'by-hand', 0, 10]]);
});

test('a server is told every 10 s at most', (t) => {
  const s = scene(t);
  s.put(s.app, 10);
  s.store.drop({});
  assert.equal(s.store.tellDropped('main', recordOf), true);
  s.put(s.app, 20);
  s.store.drop({});
  assert.equal(s.store.tellDropped('main', recordOf), false);
  s.clock.turn(10_000);
  assert.equal(s.store.tellDropped('main', recordOf), true);
});
