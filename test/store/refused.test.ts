/** What a server refuses for good: out of the queue, in the books, and never lost without being counted. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { inspectStore } from '../../agent/store/inspect.ts';
import { countSpool, readSpool } from '../../agent/store/look.ts';
import type { Sent } from '../../agent/types.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open, rowsOf } from './help.ts';

const refusal = (text: string) => ({
  payload: Buffer.from(`${text}\n`),
  ends: Uint32Array.of(text.length),
  reason: '500 no',
});

/** A batch of 10 lines in 100 bytes from the files, of which the server refused one message of 10 bytes. */
const partly = (file: number): Sent => ({
  ...live(batch({ marks: [mark(file, 100)], sent: count(10, 100), payload: 100 })),
  refused: refusal('refused: '),
});

function opened(t: TestContext, change: Parameters<typeof open>[2] = {}) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const opening = open(t, file, change);
  return { file, ...opening, app: addFile(opening.store) };
}

test('a settle sets aside what was refused, and the books count it as standing in the spool', (t) => {
  const { file, store, app } = opened(t);
  store.settle('main', [partly(app)]);
  const [row] = store.ledger();
  assert.deepEqual([row?.read, row?.acked, row?.spool], [count(10, 100), count(9, 90), count(1, 10)]);
  assert.deepEqual(store.refused('main'), { rows: 1, lines: 1, bytes: 10 });
  assert.deepEqual([store.newestRow('main'), store.spooled('main').rows], [0, 0], 'it holds nobody up');
  assert.deepEqual([...readSpool(file, { refused: true })].map(String), ['refused: \n']);
  assert.deepEqual([countSpool(file, {}).rows, countSpool(file, { refused: true }).rows], [0, 1]);
  const seen = inspectStore(file);
  assert.equal(seen?.refused.get('main')?.lines, 1);
  assert.deepEqual(seen?.ledger[0]?.spool, count(1, 10));
});

test('a retry puts it at the end of the queue, marked as having been on the wire, and the ledger still holds', (t) => {
  const { store, app } = opened(t);
  store.settle('main', [partly(app)]);
  store.spool('main', [live(batch({ marks: [mark(app, 200)], sent: count(1, 100) }))]);
  assert.deepEqual(store.retry({ destinations: ['nobody'] }), { rows: 0, lines: 0, bytes: 0 });
  assert.deepEqual(store.retry({ destinations: ['main'] }), { rows: 1, lines: 1, bytes: 10 });
  const rows = rowsOf(store, 'main');
  assert.deepEqual(
    rows.map(({ again }) => again),
    [false, true],
  );
  assert.equal(rows[1]?.batch.payload.toString(), 'refused: \n');
  store.settle('main', rows);
  const [row] = store.ledger();
  assert.deepEqual([row?.acked, row?.spool, store.refused('main').rows], [count(11, 200), count(0, 0), 0]);
});

test('a row of the spool of which something is refused leaves only that behind', (t) => {
  const { store, app } = opened(t);
  store.spool('main', [live(batch({ marks: [mark(app, 100)], sent: count(10, 100), payload: 100 }))]);
  const [row] = rowsOf(store, 'main');
  store.settle('main', [{ ...row!, refused: refusal('refused: ') }]);
  const [books] = store.ledger();
  assert.deepEqual([books?.acked, books?.spool, store.spooled('main').rows], [count(9, 90), count(1, 10), 0]);
});

test('what was refused can be dropped, and is counted as dropped by hand', (t) => {
  const { store, app } = opened(t);
  store.settle('main', [partly(app)]);
  assert.equal(store.drop({}).rows, 0, 'a drop of what waits leaves it alone');
  assert.deepEqual(store.drop({ refused: true }), { rows: 1, lines: 1, bytes: 10 });
  assert.deepEqual(store.ledger()[0]?.dropped, { 'by-hand': count(1, 10) });
});

test('where there is no room to keep it, it is counted as dropped and said, and the settle goes through', (t) => {
  const { store, app, log } = opened(t, { maxSize: 600_000 });
  const large = { ...partly(app), refused: refusal('x'.repeat(900_000)) };
  store.settle('main', [large]);
  const [row] = store.ledger();
  assert.deepEqual(Object.keys(row?.dropped ?? {}), ['refused']);
  assert.equal(row!.acked.lines + row!.dropped.refused!.lines, 10);
  assert.equal(store.refused('main').rows, 0);
  assert.match(log.said.join('\n'), /dropped that the server refuses, because .* has no room to keep them/);
});

test('a state of an older tailship is read without them, and takes them once an agent has opened it', (t) => {
  const { file, store } = opened(t);
  store.close();
  const db = new Database(file);
  for (const table of ['refused', 'machine', 'untold']) db.exec(`DROP TABLE ${table}`);
  for (const column of ['size', 'head_sum', 'body_sum']) db.exec(`ALTER TABLE spool DROP COLUMN ${column}`);
  db.pragma('user_version = 1');
  db.close();
  assert.deepEqual([inspectStore(file)?.refused.size, countSpool(file, { refused: true }).rows], [0, 0]);
  assert.deepEqual([...readSpool(file, { refused: true })], []);
  const again = open(t, file).store;
  again.settle('main', [partly(addFile(again, 'other'))]);
  assert.equal(again.refused('main').rows, 1);
});
