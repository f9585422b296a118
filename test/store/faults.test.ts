import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../agent/store/database.ts';
import { createStore, type StoreParts, StoreProblem } from '../../agent/store/store.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, configFor, count, live, mark, rowsOf, testLog } from './help.ts';

/** A store whose SQLite connection the test can make fail. */
function breakable(t: TestContext, more: Pick<StoreParts, 'freeBytes'> = {}) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const db = openDatabase(file, { sync: 'normal', walLimit: 2 ** 20, check: false });
  const lock = { left: undefined, markDamaged() {}, release() {} };
  const parts = {
    config: configFor(file),
    clock: createTurnedClock(),
    log: testLog(),
    command: 'tailship run',
    ...more,
  };
  const store = createStore(parts, db, lock, 2 ** 30, 2 ** 20);
  t.after(() => store.close());
  const app = addFile(store);
  store.spool('main', [live(batch({ marks: [mark(app, 10)], sent: count(1, 10) }))]);
  const facts = () => [store.ledger(), store.checkpoint('main', app), store.spooled('main'), store.newestRow('main')];
  return { db, store, app, facts, file, clock: parts.clock, log: parts.log };
}

const isProblem = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof StoreProblem && error.code === code && words.test(error.message);

test('a full disk is a StoreProblem that leaves nothing half done, and the same call works once there is room', (t) => {
  const { db, store, app, facts, clock, log } = breakable(t);
  const before = facts();
  const pages = Number(db.pragma('page_count', { simple: true }));
  db.pragma(`max_page_count = ${pages + 20}`);
  const sent = [40, 400_000].map((payload, i) =>
    live(batch({ marks: [mark(app, 20 + 10 * i)], sent: count(1, 10), payload })),
  );
  const full = isProblem('SQLITE_FULL', /^Cannot spool into .*spool\.db: the disk is full\. Free some space/);
  assert.throws(() => store.spool('main', sent), full);
  assert.deepEqual(facts(), before);
  assert.match(log.said.join(), /^error The disk of the spool .* is full\. Positions are still written/);
  db.pragma(`max_page_count = ${pages + 1000}`);
  assert.throws(() => store.spool('main', sent), full, 'not before the disk was looked at again');
  clock.turn(1_000);
  store.tend();
  assert.match(log.said.join(), /info The disk of the spool .* has room again\.$/);
  assert.equal(store.spool('main', sent), true);
  assert.equal(store.checkpoint('main', app)?.offset, 30);
  assert.equal(store.spooled('main').rows, 3);
});

test('the reserve is given up on a full disk, and kept again once the disk has room for it twice over', (t) => {
  let free = 0;
  const { db, store, app, clock, file } = breakable(t, { freeBytes: () => free });
  const kept = () => fs.statSync(`${file}.reserve`, { throwIfNoEntry: false })?.size;
  const sent = live(batch({ marks: [mark(app, 20)], sent: count(1, 10), payload: 400_000 }));
  assert.equal(kept(), 2 ** 20);
  const pages = Number(db.pragma('page_count', { simple: true }));
  db.pragma(`max_page_count = ${pages + 20}`);
  assert.throws(() => store.spool('main', [sent]), StoreProblem);
  assert.equal(kept(), undefined);
  db.pragma(`max_page_count = ${pages + 1000}`);
  for (const [room, reserve] of [
    [2 ** 21 - 1, undefined],
    [2 ** 21, 2 ** 20],
  ] as const) {
    free = room;
    clock.turn(1_000);
    store.tend();
    assert.equal(kept(), reserve);
  }
  assert.equal(store.spool('main', [sent]), true);
});

test('on a full disk rows can still be settled, which makes room', (t) => {
  const { db, store, app, clock } = breakable(t);
  db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 30}`);
  const next = (offset: number) => [live(batch({ marks: [mark(app, offset)], sent: count(1, 10), payload: 100_000 }))];
  store.spool('main', next(20));
  assert.throws(() => store.spool('main', [...next(30), ...next(40)]), isProblem('SQLITE_FULL', /disk is full/));
  store.settle('main', rowsOf(store, 'main'));
  clock.turn(1_000);
  store.tend();
  store.spool('main', next(30));
  assert.equal(store.spooled('main').rows, 1);
});

test('a disk that became read-only is a StoreProblem for every verb that writes, and reading goes on', (t) => {
  const { db, store, app, facts } = breakable(t);
  const before = facts();
  db.pragma('query_only = 1');
  const [row] = rowsOf(store, 'main');
  const one = live(batch({ marks: [mark(app, 20)], sent: count(1, 10) }));
  const clues = { dev: 1, ino: 1, birth: 1, headBytes: 1, head: 'a' };
  const writing = [
    () => store.settle('main', [one]),
    () => store.settle('main', [row!]),
    () => store.spool('main', [one]),
    () => store.spool('main', [row!]),
    () => store.begin('other', mark(app, 5)),
    () => void addFile(store),
    () => store.update(app, { path: undefined, clues }),
    () => store.lost({ input: 'app', file: app, path: '/log/app.log', from: 0, to: 1, cause: 'deleted' }),
    () => void store.prune(new Set()),
  ];
  for (const verb of writing) assert.throws(verb, isProblem('SQLITE_READONLY', /it is read-only\. Make the disk/));
  assert.deepEqual(facts(), before);
  db.pragma('query_only = 0');
  store.settle('main', [row!, one]);
  assert.equal(store.checkpoint('main', app)?.offset, 20);
});

test('space that cannot be given back now is no fault: it is warned of, and given back by the next try', (t) => {
  const { db, store, app, file, clock, log } = breakable(t);
  store.spool('main', [live(batch({ marks: [mark(app, 20)], sent: count(1, 10), payload: 4_000_000 }))]);
  store.settle('main', rowsOf(store, 'main'));
  db.pragma('query_only = 1');
  clock.turn(1000);
  assert.match(log.said.join(), /^warn Cannot give back the free space of .*read-only/);
  assert.equal(clock.waiting(), 0);
  db.pragma('query_only = 0');
  assert.ok(store.space().free > 3_000_000, file);
  store.spool('main', [live(batch({ marks: [mark(app, 30)], sent: count(1, 10) }))]);
  store.settle('main', rowsOf(store, 'main'));
  clock.turn(1000);
  assert.equal(store.space().free, 0);
});

test('a fault of the program is not taken for a fault of the disk', (t) => {
  const { store } = breakable(t);
  const unknown = [live(batch({ marks: [mark(999, 20)], sent: count(1, 10) }))];
  assert.throws(
    () => store.settle('main', unknown),
    (error) => !(error instanceof StoreProblem) && /FOREIGN KEY/.test(String(error)),
  );
});
