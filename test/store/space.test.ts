import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Store } from '../../agent/store/store.ts';
import type { SpoolConfig } from '../../agent/types.ts';
import { addFile, batch, count, live, mark, open, rowsOf, temporaryFolder } from './help.ts';

const MIB = 2 ** 20;

function opened(t: TestContext, change: Partial<SpoolConfig>) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const parts = open(t, file, change);
  const app = addFile(parts.store);
  let offset = 0;
  /** The next batch of the file: one line of ten bytes that became `payload` bytes. */
  const next = (payload: number) => {
    offset += 10;
    return live(batch({ marks: [mark(app, offset)], sent: count(1, 10), payload }));
  };
  return { ...parts, file, app, next };
}

const onDisk = (file: string) =>
  ['', '-wal'].reduce((sum, end) => sum + (fs.statSync(file + end, { throwIfNoEntry: false })?.size ?? 0), 0);

/** Spools `payload` byte batches until the store refuses; gives how many it took. */
function fill(store: Store, next: (payload: number) => ReturnType<typeof live>, payload: number): number {
  let taken = 0;
  while (store.spool('main', [next(payload)])) taken++;
  return taken;
}

test('once the spool is empty its space goes back to the file system, in small steps', (t) => {
  const { store, clock, file, next } = opened(t, {});
  for (let i = 0; i < 40; i++) store.spool('main', [next(MIB)]);
  const rows = rowsOf(store, 'main');
  store.settle('main', rows.slice(0, -1));
  clock.turn(1000);
  assert.ok(fs.statSync(file).size > 30 * MIB, 'not while rows stand in it');
  store.settle('main', rows.slice(-1));
  const sizes: number[] = [];
  while (clock.waiting() > 0) {
    clock.turn(5);
    sizes.push(fs.statSync(file).size);
  }
  assert.ok(onDisk(file) < MIB, `${onDisk(file)} bytes are left`);
  const steps = sizes.map((size, i) => (i === 0 ? 41 * MIB : sizes[i - 1]!) - size);
  assert.ok(steps.length >= 5 && steps.every((step) => step <= 12 * MIB), `steps of ${steps}`);
});

test('space that was not given back before a stop is given back by the stop', (t) => {
  const { store, file, next } = opened(t, {});
  for (let i = 0; i < 20; i++) store.spool('main', [next(MIB)]);
  store.settle('main', rowsOf(store, 'main'));
  assert.ok(fs.statSync(file).size > 10 * MIB);
  store.close();
  assert.ok(onDisk(file) < MIB);
});

test('space that was not given back before a kill is given back after the next start', (t) => {
  const { store, file, next } = opened(t, {});
  for (let i = 0; i < 20; i++) store.spool('main', [next(MIB)]);
  store.settle('main', rowsOf(store, 'main'));
  const copy = `${file}.copy`;
  for (const end of ['', '-wal']) fs.copyFileSync(file + end, copy + end);
  const { clock } = open(t, copy);
  clock.turn(1000);
  assert.ok(onDisk(copy) < MIB, `${onDisk(copy)} bytes are left`);
});

test('giving back stops when the spool fills again', (t) => {
  const { store, clock, file, next } = opened(t, {});
  for (let i = 0; i < 40; i++) store.spool('main', [next(MIB)]);
  store.settle('main', rowsOf(store, 'main'));
  clock.turn(5);
  store.spool('main', [next(MIB)]);
  clock.turn(1000);
  assert.equal(clock.waiting(), 0);
  assert.ok(fs.statSync(file).size > 20 * MIB);
  assert.equal(store.read('main', 0)?.batch.payload.length, MIB);
});

test('full = block: what does not fit is refused whole and nothing is written', (t) => {
  const { store, file, app, next, log } = opened(t, { maxSize: 8 * MIB });
  const taken = fill(store, next, 200_000);
  assert.ok(taken * 200_000 > 5 * MIB, `it took ${taken}`);
  assert.ok(onDisk(file) <= 8 * MIB);
  const before = [store.ledger(), store.spooled('main'), store.checkpoint('main', app)];
  const small = live(batch({ marks: [mark(app, 10_000)], sent: count(1, 1), payload: 1 }));
  assert.equal(store.spool('main', [small, next(MIB)]), false);
  assert.deepEqual([store.ledger(), store.spooled('main'), store.checkpoint('main', app)], before);
  assert.deepEqual(log.said, []);
});

test('full = block: a batch without messages and a row that came back are taken all the same', (t) => {
  const { store, app, next } = opened(t, { maxSize: 4 * MIB });
  fill(store, next, 200_000);
  const empty = live(batch({ marks: [mark(app, 100_000)], filtered: count(1, 5) }));
  assert.equal(store.spool('main', [empty]), true);
  assert.equal(store.spool('main', [store.read('main', 0)!]), true);
  assert.equal(store.read('main', 0)?.again, true);
});

test('full = block: what was refused fits again once rows have been settled', (t) => {
  const { store, next } = opened(t, { maxSize: 8 * MIB });
  fill(store, next, 200_000);
  store.settle('main', rowsOf(store, 'main').slice(0, 10));
  assert.equal(fill(store, next, 200_000), 10);
});

test('full = drop-newest: what does not fit is passed over, counted and said', (t) => {
  const { store, app, next, log } = opened(t, { maxSize: 4 * MIB, full: 'drop-newest' });
  for (let i = 0; i < 50; i++) assert.equal(store.spool('main', [next(200_000)]), true);
  const [book] = store.ledger();
  const { rows } = store.spooled('main');
  assert.ok(rows > 5 && rows < 20);
  assert.deepEqual(book?.dropped, { 'spool-full': count(50 - rows, (50 - rows) * 10) });
  assert.deepEqual([book?.read, book?.spool], [count(50, 500), count(rows, rows * 10)]);
  assert.equal(store.checkpoint('main', app)?.offset, 500);
  assert.deepEqual(
    rowsOf(store, 'main').map(({ row }) => row),
    Array.from({ length: rows }, (_, i) => i + 1),
  );
  assert.match(
    log.said.join(),
    /^warn The spool .* is full \(4MiB\): 1 lines \(10B\) were dropped by full = drop-newest/,
  );
});

test('full = drop-oldest: the oldest rows of all destinations make room, counted where they belong', (t) => {
  const { store, next, file } = opened(t, { maxSize: 4 * MIB, full: 'drop-oldest' });
  store.spool('backup', [live(batch({ input: 'db', sent: count(7, 70), payload: 200_000 }))]);
  for (let i = 0; i < 50; i++) {
    assert.equal(store.spool('main', [next(200_000)]), true);
    assert.ok(onDisk(file) <= 4 * MIB);
  }
  const [backup, main] = store.ledger();
  assert.deepEqual([backup?.dropped, backup?.spool], [{ 'spool-full': count(7, 70) }, count(0, 0)]);
  const { rows } = store.spooled('main');
  assert.ok(rows > 5 && rows < 20);
  assert.deepEqual(main?.dropped, { 'spool-full': count(50 - rows, (50 - rows) * 10) });
  assert.equal(store.newestRow('main'), 51);
  assert.deepEqual(
    rowsOf(store, 'main').map(({ row }) => row),
    Array.from({ length: rows }, (_, i) => 52 - rows + i),
  );
});

test('full = drop-oldest: rows under way go last, and one that went is not counted again when it is acknowledged', (t) => {
  const { store, next } = opened(t, { maxSize: 4 * MIB, full: 'drop-oldest' });
  for (let i = 0; i < 5; i++) store.spool('main', [next(200_000)]);
  rowsOf(store, 'main');
  store.spool('main', rowsOf(store, 'main').slice(2));
  for (let i = 0; i < 20; i++) store.spool('main', [next(200_000)]);
  const rows = rowsOf(store, 'main');
  assert.deepEqual(
    rows.slice(0, 2).map(({ row }) => row),
    [1, 2],
  );
  assert.ok(rows[2]!.row! > 5);
  // Now every row is under way, so the oldest of them must go.
  store.spool('main', [next(200_000)]);
  assert.equal(store.read('main', 0)?.row, 2);
  const before = store.ledger();
  store.settle('main', rows.slice(0, 1));
  assert.deepEqual(store.ledger(), before);
});

test('a list larger than those before it finds room for its log as well, whatever full says', (t) => {
  for (const full of ['block', 'drop-oldest', 'drop-newest'] as const) {
    const { store, file, next } = opened(t, { maxSize: 6 * MIB, full });
    for (let i = 0; i < 80; i++) store.spool('main', [next(80_000)]);
    if (full === 'block') store.settle('main', rowsOf(store, 'main').slice(0, 50));
    const large = Array.from({ length: 6 }, () => next(300_000));
    assert.equal(store.spool('main', large), true);
    assert.ok(onDisk(file) <= 6 * MIB, `${full}: ${onDisk(file)}`);
    store.close();
  }
});

test('a batch that no empty spool could take is dropped alone', (t) => {
  const { store, next } = opened(t, { maxSize: 4 * MIB, full: 'drop-oldest' });
  for (let i = 0; i < 5; i++) store.spool('main', [next(200_000)]);
  assert.equal(store.spool('main', [next(5 * MIB)]), true);
  assert.equal(store.spooled('main').rows, 5);
  assert.deepEqual(store.ledger()[0]?.dropped, { 'spool-full': count(1, 10) });
});

test('drops are said at once, and then at most once a minute with their sum', (t) => {
  const { store, next, clock, log } = opened(t, { maxSize: MIB, full: 'drop-newest' });
  while (log.said.length === 0) store.spool('main', [next(200_000)]);
  for (let i = 0; i < 5; i++) store.spool('main', [next(200_000)]);
  assert.equal(log.said.length, 1);
  clock.turn(60_000);
  store.spool('main', [next(200_000)]);
  assert.equal(log.said.length, 2);
  assert.match(log.said[1]!, /: 6 lines \(60B\) were dropped/);
});

test('file and log together stay within max_size, whatever is spooled and settled', (t) => {
  const size = fc.integer({ min: 1, max: 400_000 });
  const act = fc.oneof(
    fc.record({ spool: fc.array(size, { minLength: 1, maxLength: 6 }) }),
    fc.record({ settle: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ wait: fc.constant(true) }),
  );
  const full = fc.constantFrom<SpoolConfig['full']>('block', 'drop-oldest', 'drop-newest');
  fc.assert(
    fc.property(full, fc.array(act, { minLength: 20, maxLength: 80 }), (policy, acts) => {
      const { store, file, clock, next } = opened(t, { maxSize: 6 * MIB, full: policy });
      for (const one of acts) {
        if ('spool' in one)
          store.spool(
            'main',
            one.spool.map((payload) => next(payload)),
          );
        else if ('settle' in one) store.settle('main', rowsOf(store, 'main').slice(0, one.settle));
        else clock.turn(1000);
        assert.ok(onDisk(file) <= 6 * MIB, `${onDisk(file)} bytes after ${JSON.stringify(one)}`);
      }
      store.close();
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
