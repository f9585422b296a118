import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../agent/store/store.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open, rowsOf } from './help.ts';

function opened(t: TestContext) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const parts = open(t, file);
  return { ...parts, file, app: addFile(parts.store) };
}

/** The only book of `store`, without its names. */
function book(store: Store) {
  const [{ destination: _, input: __, ...counts }] = store.ledger() as [ReturnType<Store['ledger']>[number]];
  return counts;
}
const none = count(0, 0);

test('settling a live batch moves its checkpoints and counts its lines', (t) => {
  const { store, app } = opened(t);
  const other = addFile(store);
  const marks = [mark(app, 60, 3), mark(other, 5)];
  store.settle('main', [live(batch({ marks, sent: count(3, 40), filtered: count(1, 15), dropped: count(2, 10) }))]);
  assert.deepEqual(store.checkpoint('main', app), mark(app, 60, 3));
  assert.deepEqual(store.checkpoint('main', other), mark(other, 5));
  const dropped = { unmatched: count(2, 10) };
  const counts = {
    read: count(6, 65),
    acked: count(3, 40),
    filtered: count(1, 15),
    dropped,
    spool: none,
    repeated: none,
  };
  assert.deepEqual(book(store), counts);
});

test('a live batch that was on the wire before is counted as repeated beside being acknowledged', (t) => {
  const { store, app } = opened(t);
  store.settle('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }), true)]);
  const { read, acked, repeated } = book(store);
  assert.deepEqual({ read, acked, repeated }, { read: count(3, 40), acked: count(3, 40), repeated: count(3, 40) });
});

test('what was acknowledged out of turn is settled in its place when those before it are spooled, in one transaction', (t) => {
  const { store, app } = opened(t);
  const first = live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }));
  const second = { ...live(batch({ marks: [mark(app, 60)], sent: count(2, 20) })), done: true };
  const third = live(batch({ marks: [mark(app, 70)], sent: count(1, 10) }));
  assert.equal(store.spool('main', [first, second, third]), true);
  assert.deepEqual(store.checkpoint('main', app), mark(app, 70));
  assert.equal(rowsOf(store, 'main').length, 2);
  const { read, acked, spool } = book(store);
  assert.deepEqual({ read, acked, spool }, { read: count(6, 70), acked: count(2, 20), spool: count(4, 50) });
});

test('destinations and inputs have books and positions of their own', (t) => {
  const { store, app } = opened(t);
  store.settle('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }))]);
  store.settle('main', [live(batch({ input: 'db', sent: count(1, 7) }))]);
  store.spool('backup', [live(batch({ marks: [mark(app, 20)], sent: count(2, 20) }))]);
  const read = store.ledger().map((row) => [row.destination, row.input, row.read.bytes, row.spool.bytes]);
  assert.deepEqual(read, [
    ['backup', 'app', 20, 20],
    ['main', 'app', 40, 0],
    ['main', 'db', 7, 0],
  ]);
  assert.equal(store.checkpoint('backup', app)?.offset, 20);
  assert.equal(store.spooled('main').rows, 0);
});

test('a list of batches is settled whole or not at all', (t) => {
  const { store, app } = opened(t);
  const good = live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }));
  const back = live(batch({ marks: [mark(app, 39)], sent: count(1, 1) }));
  assert.throws(() => store.settle('main', [good, back]), /would go back to 39/);
  assert.throws(() => store.spool('main', [good, back]), /would go back to 39/);
  assert.equal(store.checkpoint('main', app), undefined);
  assert.deepEqual(store.ledger(), []);
  assert.equal(store.spooled('main').rows, 0);
  assert.equal(store.newestRow('main'), 0);
});

test('a checkpoint never moves back', (t) => {
  const { store, app } = opened(t);
  store.settle('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }))]);
  assert.throws(() => store.settle('main', [live(batch({ marks: [mark(app, 39)] }))]), /would go back/);
  store.settle('main', [live(batch({ marks: [mark(app, 40, 2)] }))]);
  assert.equal(store.checkpoint('main', app)?.skip, 2);
});

test('lines that are in no message cannot be settled as sent', (t) => {
  const { store, app } = opened(t);
  const wrong = live(batch({ marks: [mark(app, 40)], sent: count(3, 40), payload: 0 }));
  assert.throws(() => store.settle('main', [wrong]), /3 lines of app are in no message/);
});

test('spooling moves the checkpoint, settles what is filtered and dropped, and keeps what is sent', (t) => {
  const { store, app, clock } = opened(t);
  const one = batch({ marks: [mark(app, 60)], sent: count(3, 40), filtered: count(1, 15), dropped: count(1, 5) });
  assert.equal(store.spool('main', [live(one)]), true);
  assert.equal(store.checkpoint('main', app)?.offset, 60);
  assert.deepEqual(store.spooled('main'), { rows: 1, lines: 3, bytes: 40, oldest: clock.now() });
  const dropped = { unmatched: count(1, 5) };
  const counts = {
    read: count(5, 60),
    acked: none,
    filtered: count(1, 15),
    dropped,
    spool: count(3, 40),
    repeated: none,
  };
  assert.deepEqual(book(store), counts);
});

test('a batch without messages only moves its checkpoint and counts', (t) => {
  const { store, app } = opened(t);
  assert.equal(store.spool('main', [live(batch({ marks: [mark(app, 15)], filtered: count(1, 15) }))]), true);
  assert.equal(store.checkpoint('main', app)?.offset, 15);
  assert.equal(store.spooled('main').rows, 0);
  assert.deepEqual(book(store).filtered, count(1, 15));
});

test('settling a spool row deletes it and counts its lines as acknowledged', (t) => {
  const { store, app } = opened(t);
  store.spool('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }))]);
  store.settle('main', rowsOf(store, 'main'));
  assert.equal(store.newestRow('main'), 0);
  assert.deepEqual(book(store), {
    read: count(3, 40),
    acked: count(3, 40),
    filtered: none,
    dropped: {},
    spool: none,
    repeated: none,
  });
});

test('a row settled twice, or of another destination, is counted once', (t) => {
  const { store, app } = opened(t);
  store.spool('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }))]);
  const rows = rowsOf(store, 'main');
  store.settle('backup', rows);
  assert.equal(store.spooled('main').rows, 1);
  store.settle('main', rows);
  store.settle('main', rows);
  assert.equal(store.ledger().length, 1);
  assert.deepEqual(book(store).acked, count(3, 40));
});

test('a row that came back from a broken link is read as sent before, also after a restart, and counted as repeated', (t) => {
  const { store, app, file } = opened(t);
  store.spool('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }))]);
  const rows = rowsOf(store, 'main');
  assert.equal(rows[0]?.again, false);
  assert.equal(store.spool('main', rows), true);
  assert.equal(store.spooled('main').rows, 1);
  store.close();
  const next = open(t, file).store;
  const [row] = rowsOf(next, 'main');
  assert.equal(row?.again, true);
  next.settle('main', [{ ...row!, again: false }]);
  assert.deepEqual(book(next).repeated, count(3, 40));
});

test('a live batch that was on the wire before is spooled as such', (t) => {
  const { store, app } = opened(t);
  store.spool('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }), true)]);
  assert.equal(store.read('main', 0)?.again, true);
});

test('a batch comes back from the spool byte for byte, without marks, its ends ready to be used', (t) => {
  const { store, app } = opened(t);
  for (const size of [1, 3, 5, 4096]) {
    const ends = Uint32Array.from({ length: size }, (_, i) => (i * 70_001) % 2 ** 32);
    const payload = Buffer.from(Array.from({ length: size * 3 }, (_, i) => i % 251));
    const one = { ...batch({ marks: [mark(app, size)], sent: count(size, size) }), ends, payload };
    store.spool('main', [live(one)]);
  }
  const sizes = rowsOf(store, 'main').map(({ batch: one }) => {
    assert.deepEqual(one.marks, []);
    assert.ok(one.ends instanceof Uint32Array && Buffer.isBuffer(one.payload));
    assert.deepEqual(
      one.ends,
      Uint32Array.from({ length: one.ends.length }, (_, i) => (i * 70_001) % 2 ** 32),
    );
    assert.ok(one.payload.every((byte, i) => byte === i % 251));
    assert.equal(one.payload.length, one.ends.length * 3);
    assert.deepEqual(one.tally, { sent: count(one.ends.length, one.ends.length), filtered: none, dropped: none });
    return one.ends.length;
  });
  assert.deepEqual(sizes, [1, 3, 5, 4096]);
});

test('ends that begin in the middle of a larger array are kept as they are', (t) => {
  const { store } = opened(t);
  const ends = new Uint32Array([9, 8, 7, 6]).subarray(1, 3);
  store.spool('main', [live({ ...batch({ sent: count(2, 2) }), ends })]);
  assert.deepEqual(store.read('main', 0)?.batch.ends, new Uint32Array([8, 7]));
});

test('rows are read strictly oldest first, and their numbers are never used again', (t) => {
  const { store, app, file } = opened(t);
  for (const offset of [10, 20, 30]) {
    store.spool('main', [live(batch({ marks: [mark(app, offset)], sent: count(1, offset) }))]);
    store.spool('backup', [live(batch({ sent: count(1, 1000 + offset) }))]);
  }
  const rows = rowsOf(store, 'main');
  assert.deepEqual(
    rows.map((row) => row.batch.tally.sent.bytes),
    [10, 20, 30],
  );
  assert.equal(store.newestRow('main'), rows[2]?.row);
  store.settle('main', rows);
  store.settle('backup', rowsOf(store, 'backup'));
  store.close();
  const next = open(t, file).store;
  next.spool('main', [live(batch({ marks: [mark(app, 40)], sent: count(1, 40) }))]);
  assert.ok(next.newestRow('main') > rows[2]!.row!);
});

test('everything is known again after a restart', (t) => {
  const { store, app, file } = opened(t);
  store.settle('main', [live(batch({ marks: [mark(app, 40)], sent: count(3, 40) }))]);
  store.spool('main', [live(batch({ marks: [mark(app, 50, 1)], sent: count(1, 10) }))]);
  store.lost({ input: 'app', file: app, path: '/log/app.log', from: 50, to: 70, cause: 'truncated' });
  const facts = (one: Store) => [
    ...[one.generations('app'), one.checkpoint('main', app), one.ledger(), one.spooled('main'), one.losses()],
    rowsOf(one, 'main'),
  ];
  const before = facts(store);
  store.close();
  assert.deepEqual(facts(open(t, file).store), before);
});

test('verbs called in a transaction are one: all of it holds, or nothing', (t) => {
  const { store, app } = opened(t);
  store.spool('main', [live(batch({ marks: [mark(app, 10)], sent: count(1, 10) }))]);
  const both = () => {
    store.settle('main', rowsOf(store, 'main'));
    store.spool('main', [live(batch({ marks: [mark(app, 30)], sent: count(2, 20) }))]);
    addFile(store);
  };
  const fail = () => {
    both();
    throw new Error('on purpose');
  };
  assert.throws(() => store.transaction(fail), /on purpose/);
  assert.equal(store.checkpoint('main', app)?.offset, 10);
  assert.equal(store.generations('app').length, 1);
  assert.deepEqual(store.spooled('main').lines, 1);
  assert.deepEqual([book(store).acked, book(store).spool], [none, count(1, 10)]);
  store.transaction(both);
  assert.equal(store.checkpoint('main', app)?.offset, 30);
  assert.equal(store.generations('app').length, 2);
  assert.deepEqual([book(store).acked, book(store).spool], [count(1, 10), count(2, 20)]);
});

test('a verb that fails inside a transaction takes only itself back when the caller goes on', (t) => {
  const { store, app } = opened(t);
  store.transaction(() => {
    store.spool('main', [live(batch({ marks: [mark(app, 10)], sent: count(1, 10) }))]);
    const wrong = [live(batch({ sent: count(1, 5) })), live(batch({ marks: [mark(app, 9)] }))];
    assert.throws(() => store.spool('main', wrong), /would go back/);
  });
  assert.deepEqual(store.spooled('main').lines, 1);
  assert.deepEqual([book(store).read, book(store).spool], [count(1, 10), count(1, 10)]);
});

test('lost bytes are summed by input and cause, with the last ranges in words', (t) => {
  const { store, app } = opened(t);
  for (let i = 0; i < 12; i++) {
    store.lost({ input: 'app', file: app, path: '/log/app.log', from: i, to: i + 2, cause: 'deleted' });
  }
  store.lost({ input: 'app', file: undefined, path: '/log/b.log', from: 0, to: 5, cause: 'unreadable' });
  const [deleted, unreadable] = store.losses();
  assert.equal(deleted?.bytes, 24);
  assert.equal(deleted?.ranges.length, 10);
  assert.equal(deleted?.ranges.at(-1), '2026-11-23T12:00:00.000Z /log/app.log bytes 11 to 13: deleted');
  assert.deepEqual([unreadable?.input, unreadable?.cause, unreadable?.bytes], ['app', 'unreadable', 5]);
});
