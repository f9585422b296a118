import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { openDatabase } from '../../agent/store/database.ts';
import { createStore, type Store } from '../../agent/store/store.ts';
import type { SpoolConfig } from '../../agent/types.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, configFor, count, live, mark, open, rowsOf, testLog } from './help.ts';

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

test('what is dropped in the minute after a warning of it is told when that is over, and at the end what is left', (t) => {
  const { store, next, log, clock } = opened(t, { maxSize: 4 * MIB, full: 'drop-newest' });
  const told = () => log.said.flatMap((one) => Number(/: (\d+) lines \(.*\) were dropped/.exec(one)?.[1] ?? []));
  const dropped = () => store.ledger()[0]?.dropped['spool-full']?.lines;
  for (let i = 0; i < 50; i++) store.spool('main', [next(200_000)]);
  assert.deepEqual(told(), [1]);
  clock.turn(61_000);
  store.tend();
  const sum = () => told().reduce((all, one) => all + one);
  assert.equal(sum(), dropped());
  store.spool('main', [next(200_000)]);
  store.tend();
  assert.equal(told().length, 2);
  const all = dropped();
  store.close();
  assert.equal(sum(), all);
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

type Act = { readonly spool: number[] } | { readonly settle: number } | { readonly wait: true };

/** Plays `acts` on a small spool and looks at its size on disk after each, and after each statement that may move the file's end. */
function stayWithin(t: TestContext, limit: number, full: SpoolConfig['full'], acts: readonly Act[]): void {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const walLimit = limit / 8;
  const db = openDatabase(file, { sync: 'normal', walLimit, check: false });
  const within = (what: unknown) =>
    assert.ok(onDisk(file) <= limit, `${onDisk(file)} bytes after ${JSON.stringify(what)}`);
  const { exec, pragma } = db;
  db.exec = (sql) => {
    const result = exec.call(db, sql);
    within(sql);
    return result;
  };
  db.pragma = (sql, options) => {
    const result = pragma.call(db, sql, options);
    within(sql);
    return result;
  };
  const parts = {
    config: configFor(file, { full }),
    clock: createTurnedClock(),
    log: testLog(),
    command: 'tailship run',
  };
  const store = createStore(parts, db, { left: undefined, markDamaged() {}, release() {} }, limit, walLimit);
  const app = addFile(store);
  let offset = 0;
  for (const one of acts) {
    if ('spool' in one) {
      const sent = one.spool.map((payload) => {
        offset += 10;
        return live(batch({ marks: [mark(app, offset)], sent: count(1, 10), payload }));
      });
      if (!store.spool('main', sent)) offset -= 10 * sent.length;
    } else if ('settle' in one) store.settle('main', rowsOf(store, 'main').slice(0, one.settle));
    else parts.clock.turn(1000);
    within(one);
    const [book] = store.ledger();
    const dropped = book?.dropped['spool-full']?.lines ?? 0;
    assert.equal(book?.read.lines ?? 0, (book?.acked.lines ?? 0) + (book?.spool.lines ?? 0) + dropped);
  }
  store.close();
}

const size = fc.integer({ min: 1, max: 400_000 });
const act = fc.oneof(
  fc.record({ spool: fc.array(size, { minLength: 1, maxLength: 6 }) }),
  fc.record({ spool: fc.array(size, { minLength: 6, maxLength: 20 }) }),
  fc.record({ settle: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ wait: fc.constant(true as const) }),
);

test('file and log together stay within max_size at every moment, whatever is spooled and settled', (t) => {
  const full = fc.constantFrom<SpoolConfig['full']>('block', 'drop-oldest', 'drop-newest');
  fc.assert(
    fc.property(full, fc.array(act, { minLength: 20, maxLength: 80 }), (policy, acts) =>
      stayWithin(t, 6 * MIB, policy, acts),
    ),
    { numRuns: Number(process.env.SPACE_STORIES ?? 25), endOnFailure: true },
  );
});

test('rows dropped for one row of a list leave no more free pages than the limit has room for', (t) => {
  const first = [[55156, 388555, 158878, 153492, 332133], 9, [6859, 98489, 355735, 115225, 352363]];
  const lists = [
    [162321, 219620, 287501, 270147],
    [140457, 371338, 71433],
    [327965, 348937],
    [175088, 108816, 122058, 273392, 194780],
    [31019, 350864, 115646],
    [320872, 68240, 198094, 199542],
  ];
  const acts = [...first, ...lists].map((one) => (typeof one === 'number' ? { settle: one } : { spool: one }));
  stayWithin(t, 6 * MIB, 'drop-oldest', acts);
});

test('of a list that is too large for an empty spool drop-oldest keeps the newest', (t) => {
  const { store, next } = opened(t, { maxSize: 4 * MIB, full: 'drop-oldest' });
  store.spool('main', [next(100_000)]);
  const list = [next(3 * MIB), ...Array.from({ length: 30 }, () => next(200_000)), next(5 * MIB), next(200_000)];
  assert.equal(store.spool('main', list), true);
  const rows = rowsOf(store, 'main');
  assert.ok(rows.length > 4 && rows.length < 20, `${rows.length} rows`);
  const kept = [...list.slice(0, -2), list.at(-1)!].slice(-rows.length);
  assert.ok(rows.every(({ batch: { payload } }, i) => payload.equals(kept[i]!.batch.payload)));
  assert.deepEqual(store.ledger()[0]?.dropped, { 'spool-full': count(34 - rows.length, 10 * (34 - rows.length)) });
});
