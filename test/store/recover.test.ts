import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { StoreProblem } from '../../agent/store/store.ts';
import type { Batch } from '../../agent/types.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, type Opened, open, rowsOf } from './help.ts';

const ROWS = 30;

/** A closed state: one file read up to 40 * ROWS, everything in the spool, and 15 filtered lines. `copied`: the copy knows so many rows. */
function filled(t: TestContext, copied = ROWS): string {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file);
  const app = addFile(store);
  for (let n = 1; n <= ROWS; n++) {
    const shape = { marks: [mark(app, 40 * n)], sent: count(2, 30), filtered: count(1, 10), payload: 20_000 };
    store.spool('main', [live(batch(shape))]);
    if (n !== copied) continue;
    store.tend();
    fs.copyFileSync(`${file}.positions`, `${file}.then`);
  }
  store.close();
  fs.renameSync(`${file}.then`, `${file}.positions`);
  return file;
}

/** Opens what is left and holds it against what must be true of it whatever happened. Gives the rows that were saved. */
function judge(t: TestContext, file: string): number {
  const { store } = open(t, file, {}, { check: true });
  const rows = rowsOf(store, 'main').length;
  const [book] = store.ledger();
  const dropped = book?.dropped['spool-damaged'] ?? count(0, 0);
  for (const unit of ['lines', 'bytes'] as const)
    assert.equal(book?.read[unit], book!.acked[unit] + book!.spool[unit] + book!.filtered[unit] + dropped[unit], unit);
  assert.equal(book?.spool.lines, 2 * rows);
  assert.equal(store.checkpoint('main', 1)?.offset, 40 * ROWS, 'the position is what it was');
  assert.equal(store.generations('app').length, 1);
  store.close();
  return rows;
}

const placesOf = (file: string) => fc.integer({ min: 0, max: fs.statSync(file).size - 1 });

/** Runs `spoil` on copies of one state, at places of the state's file. */
function spoiling(
  t: TestContext,
  places: (file: string) => fc.Arbitrary<number[]>,
  spoil: (file: string, at: number[]) => void,
) {
  const file = filled(t);
  fc.assert(
    fc.property(places(file), (at) => {
      const folder = temporaryFolder(t);
      const copy = path.join(folder, 'spool.db');
      for (const end of ['', '.positions']) fs.copyFileSync(file + end, copy + end);
      spoil(copy, at);
      judge(t, copy);
    }),
    { numRuns: 25, endOnFailure: true },
  );
}

test('a state cut off anywhere opens again: position kept, rows before the cut saved, the rest in the ledger', (t) => {
  spoiling(
    t,
    (file) => placesOf(file).map((at) => [at]),
    (file, [at]) => fs.truncateSync(file, at),
  );
});

for (const left of [0, 1, 99, 511, 512, 8191]) {
  test(`a state cut off to ${left} bytes goes on from the second copy of its positions`, (t) => {
    const file = filled(t);
    fs.truncateSync(file, left);
    assert.equal(judge(t, file), 0);
  });
}

test('a state with rubbish anywhere opens again: position kept, what is whole saved, the rest in the ledger', (t) => {
  spoiling(
    t,
    (file) => fc.array(placesOf(file), { minLength: 1, maxLength: 8 }),
    (file, at) => {
      const handle = fs.openSync(file, 'r+');
      for (const place of at) fs.writeSync(handle, Buffer.alloc(3000, 0xa5), 0, 3000, place);
      fs.closeSync(handle);
    },
  );
});

test('with single bytes changed anywhere nothing is sent that was not written, and the ledger closes', (t) => {
  const file = filled(t);
  const { store } = open(t, file);
  const written = new Set(rowsOf(store, 'main').map(({ batch }) => contentOf(batch)));
  store.close();
  const change = fc.record({ at: placesOf(file), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), fc.boolean(), (changes, check) => {
      const copy = path.join(temporaryFolder(t), 'spool.db');
      const bytes = fs.readFileSync(file);
      for (const { at, to } of changes) bytes[at] = to;
      fs.writeFileSync(copy, bytes);
      fs.copyFileSync(`${file}.positions`, `${copy}.positions`);
      sendAll(t, copy, check, written);
    }),
    { numRuns: 50, endOnFailure: true },
  );
});

const contentOf = ({ payload, ends }: Batch) => `${payload.toString('latin1')} ${ends.join()}`;

/** What an agent does with a state, started anew as often as it is told that this one is damaged: once more is enough, or it never ends. */
function sendAll(t: TestContext, file: string, check: boolean, written: ReadonlySet<string>): void {
  for (let start = 0; ; start++) {
    let opened: Opened | undefined;
    try {
      opened = open(t, file, {}, { check });
      const rows = rowsOf(opened.store, 'main');
      for (const { batch } of rows) assert.ok(written.has(contentOf(batch)));
      opened.store.settle('main', rows);
      for (const { read, acked, filtered, dropped, spool } of opened.store.ledger())
        for (const unit of ['lines', 'bytes'] as const) {
          const lost = Object.values(dropped).reduce((sum, one) => sum + one[unit], 0);
          assert.equal(read[unit], acked[unit] + filtered[unit] + lost + spool[unit]);
        }
      return;
    } catch (problem) {
      assert.ok(problem instanceof StoreProblem, `${problem}`);
      if (problem.explain !== 'spool-damaged') return;
      assert.ok(start < 2, problem.message);
    } finally {
      opened?.store.close();
    }
  }
}

test('rubbish in the first page of any table or index is met at the first start, and nothing of it is sent', (t) => {
  const file = filled(t);
  const { store } = open(t, file);
  const written = new Set(rowsOf(store, 'main').map(({ batch }) => contentOf(batch)));
  store.close();
  const db = new Database(file);
  const pages = db.prepare<[], number>('SELECT rootpage FROM sqlite_schema').pluck().all();
  db.close();
  assert.ok(pages.length >= 10);
  for (const page of pages) {
    const copy = path.join(temporaryFolder(t), 'spool.db');
    for (const end of ['', '.positions']) fs.copyFileSync(file + end, copy + end);
    const handle = fs.openSync(copy, 'r+');
    fs.writeSync(handle, Buffer.alloc(8192, 0xa5), 0, 8192, (page - 1) * 8192);
    fs.closeSync(handle);
    open(t, copy).store.close();
    sendAll(t, copy, false, written);
  }
});

/** What each column of a row that waits is changed to, and whether that is noticed before the row is read. */
const CHANGES = {
  destination: ["'maim'", true],
  input: ["'apq'", true],
  lines: ['lines + 1', true],
  bytes: ['bytes - 1', true],
  added: ['added + 1', false],
  marks: ["replace(marks, '[1,', '[2,')", false],
  ends: ["CAST(x'01000000' || substr(ends, 5) AS BLOB)", false],
  payload: ["CAST(substr(payload, 1, 100) || x'41' || substr(payload, 102) AS BLOB)", false],
} as const;

for (const [column, [to, atOnce]] of Object.entries(CHANGES)) {
  test(`a row that waits whose ${column} changed is damage: it is lost and counted, and never sent`, (t) => {
    const file = filled(t);
    const db = new Database(file);
    db.exec(`UPDATE spool SET ${column} = ${to} WHERE row = 7`);
    db.close();
    const { store, log } = open(t, file);
    assert.equal(/cannot be used \(its books do not close\)/.test(log.said.join()), atOnce, log.said.join());
    if (!atOnce) {
      assert.throws(() => rowsOf(store, 'main'), { code: 'SQLITE_CORRUPT' });
      assert.equal(store.trouble(), 'damaged');
    }
    store.close();
    assert.equal(judge(t, file), ROWS - 1);
  });
}

test('a row that waits and has changed is not dropped as if it were what was written', (t) => {
  const file = filled(t);
  const db = new Database(file);
  db.exec(`UPDATE spool SET marks = '[[' WHERE row = 7`);
  db.close();
  const { store } = open(t, file);
  assert.throws(() => store.drop({}), { code: 'SQLITE_CORRUPT' });
  store.close();
  assert.equal(judge(t, file), ROWS - 1);
});

test('rows of an older tailship, which made no sums, are sent as they are', (t) => {
  const file = filled(t);
  const db = new Database(file);
  db.exec('UPDATE spool SET head_sum = NULL, body_sum = NULL');
  db.close();
  assert.equal(judge(t, file), ROWS);
});

test('a changed byte in the name of a column is damage, and costs no row; a table of somebody else is none', (t) => {
  const file = filled(t);
  const sql = (statement: string) => {
    const db = new Database(file);
    db.exec(statement);
    db.close();
  };
  sql('CREATE TABLE notes (text)');
  const { store, log } = open(t, file);
  assert.deepEqual(log.said, []);
  store.close();
  sql('ALTER TABLE ledger RENAME COLUMN lines TO linex');
  assert.equal(judge(t, file), ROWS);
});

test('one damaged row in the middle costs that row and no other', (t) => {
  const file = filled(t);
  const size = fs.statSync(file).size;
  const handle = fs.openSync(file, 'r+');
  const middle = Math.floor(size / 2 / 8192) * 8192;
  fs.writeSync(handle, Buffer.alloc(8192, 0xa5), 0, 8192, middle);
  fs.closeSync(handle);
  const rows = judge(t, file);
  assert.ok(rows >= ROWS - 5 && rows < ROWS, `${rows} of ${ROWS} rows`);
});

test('a saving that takes long says now and then how far it is', (t) => {
  const file = filled(t);
  fs.truncateSync(file, fs.statSync(file).size - 8192);
  const clock = createTurnedClock();
  const slow = {
    ...clock,
    ticks() {
      clock.turn(1000);
      return clock.ticks();
    },
  };
  const { log } = open(t, file, {}, { check: true, clock: slow });
  const told = log.said.flatMap(
    (one) => /^info The spool is damaged.* saved: ([\d.]+)KiB of [\d.]+KiB/.exec(one)?.[1] ?? [],
  );
  assert.ok(told.length >= 3, log.said.join('\n'));
  assert.deepEqual(
    told,
    told.toSorted((a, b) => Number(a) - Number(b)),
  );
});

test('rows that are younger than the copy of the positions, and are read again, hide no loss of older ones', (t) => {
  const copied = 20;
  const file = filled(t, copied);
  const handle = fs.openSync(file, 'r+');
  fs.writeSync(handle, Buffer.alloc(8192 * 6, 0xa5), 0, 8192 * 6, Math.floor(fs.statSync(file).size / 3 / 8192) * 8192);
  fs.closeSync(handle);
  const { store } = open(t, file, {}, { check: true });
  assert.equal(store.checkpoint('main', 1)?.offset, 40 * copied);
  const rows = rowsOf(store, 'main').map(({ row }) => row!);
  const older = rows.filter((row) => row <= copied);
  assert.ok(older.length < copied && rows.length > older.length, `saved: ${rows}`);
  const [book] = store.ledger();
  assert.deepEqual(book?.dropped['spool-damaged'], count(2 * (copied - older.length), 30 * (copied - older.length)));
  const spooled = count(2 * rows.length, 30 * rows.length);
  assert.deepEqual(book.spool, spooled);
  const known = book.filtered.lines + book.dropped['spool-damaged']!.lines + spooled.lines;
  assert.equal(book.read.lines, known);
});

test('a second copy that is not whole, or has a changed byte, is not believed', (t) => {
  for (const spoil of [
    (text: string) => text.replace(/"offset":1200\b/, '"offset":1201'),
    (text: string) => text.slice(0, -100),
  ]) {
    const file = filled(t);
    const text = fs.readFileSync(`${file}.positions`, 'utf8');
    assert.notEqual(spoil(text), text);
    fs.writeFileSync(`${file}.positions`, spoil(text));
    fs.truncateSync(file, fs.statSync(file).size - 8192 * 10);
    const { store, log } = open(t, file, {}, { check: true });
    assert.equal(store.checkpoint('main', 1)?.offset, 40 * ROWS);
    assert.match(log.said.join(), /Positions were taken from what can still be read of it/);
  }
});

test('without the second copy positions come from what can be read of the damaged file', (t) => {
  const file = filled(t);
  fs.rmSync(`${file}.positions`);
  fs.truncateSync(file, fs.statSync(file).size - 8192 * 10);
  const { store, log } = open(t, file, {}, { check: true });
  assert.equal(store.checkpoint('main', 1)?.offset, 40 * ROWS);
  assert.ok(store.spooled('main').rows >= ROWS - 6, 'only what was cut off is missing');
  assert.match(log.said.join(), /Positions were taken from what can still be read of it/);
});

test('the second copy is written once a second while something changes, for its owner alone', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store, clock } = open(t, file);
  const app = addFile(store);
  const copied = () => JSON.parse(fs.readFileSync(`${file}.positions`, 'utf8').split('\n')[1]!).checkpoint[0]?.offset;
  const settle = (offset: number) =>
    store.settle('main', [live(batch({ marks: [mark(app, offset)], sent: count(1, 1) }))]);
  settle(10);
  store.tend();
  settle(20);
  store.tend();
  assert.equal(copied(), 10);
  clock.turn(1_000);
  store.tend();
  assert.equal(copied(), 20);
  assert.equal(fs.statSync(`${file}.positions`).mode & 0o777, 0o600);
  settle(30);
  store.close();
  assert.equal(copied(), 30, 'and at an orderly stop');
});
