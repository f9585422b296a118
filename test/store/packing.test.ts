import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { readSpool } from '../../agent/store/look.ts';
import { createPacker } from '../../agent/store/packing.ts';
import { StoreProblem } from '../../agent/store/store.ts';
import type { Batch } from '../../agent/types.ts';
import { free } from '../../agent/wire/free.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open, rowsOf } from './help.ts';

/** Messages as applications write them: much alike, each followed by a LF. */
function messages(from: number, lines: number): Batch {
  const texts = Array.from(
    { length: lines },
    (_, i) => `<14>1 - host app 12 - - {"MSG":"order ${from + i} is stored 订单"}\n`,
  );
  let at = 0;
  const ends = Uint32Array.from(texts, (text) => {
    at += Buffer.byteLength(text);
    return at - 1;
  });
  const tally = { sent: count(lines, lines * 10), filtered: count(0, 0), dropped: count(0, 0) };
  return { input: 'app', payload: Buffer.from(texts.join('')), ends, marks: [], tally };
}

/** A store whose spool is no longer small. */
function filled(t: TestContext) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const parts = open(t, file);
  const app = addFile(parts.store);
  for (let n = 1; n <= 15; n++)
    parts.store.spool('main', [live(batch({ marks: [mark(app, n)], sent: count(1, 1), payload: 80_000 }))]);
  return { ...parts, file };
}

function stored(file: string): { size: number | null; bytes: number }[] {
  const db = new Database(file, { readonly: true });
  const rows = db
    .prepare<[], { size: number | null; bytes: number }>(
      'SELECT size, length(payload) AS bytes FROM spool ORDER BY row',
    )
    .all();
  db.close();
  return rows;
}

test('messages that become smaller are stored compressed once the spool is not small, and come back as they were', (t) => {
  const { store, file } = filled(t);
  const batches = Array.from({ length: 20 }, (_, n) => messages(n * 500, 500));
  for (const one of batches) store.spool('main', [live(one)]);
  const packed = stored(file).filter(({ size }) => size !== null);
  assert.ok(packed.length > 0 && packed.every(({ size, bytes }) => bytes < size! / 3), JSON.stringify(packed));
  const rows = rowsOf(store, 'main').slice(15);
  assert.ok(
    rows.every(({ batch: { payload, ends } }, n) => payload.equals(batches[n]!.payload) && ends.length === 500),
  );
  assert.deepEqual(store.spooled('main').lines, 15 + 20 * 500);
  const exported = Buffer.concat([...readSpool(file, {})].slice(15));
  assert.ok(exported.equals(Buffer.concat(batches.map(({ payload }) => payload))));
});

test('the memory of a compressed row is given back with its messages, but none that Node shares out', (t) => {
  const { store, file } = filled(t);
  const batches = Array.from({ length: 20 }, (_, n) => messages(0, n % 2 === 0 ? 5_000 : 200));
  for (const one of batches) store.spool('main', [live(one)]);
  const sizes = stored(file);
  const left = rowsOf(store, 'main')
    .filter((_, n) => sizes[n]!.size !== null)
    .map(({ batch: { payload } }) => {
      const whole = String(payload);
      free(payload);
      return whole.length > 100_000 ? payload.buffer.byteLength : String(payload) === whole;
    });
  assert.deepEqual(new Set(left), new Set([0, true]));
});

test('in a small spool, and where nothing is saved, messages are stored as they are', (t) => {
  const { store } = open(t, path.join(temporaryFolder(t), 'spool.db'));
  store.spool('main', [live(messages(0, 500))]);
  store.close();
  const { file } = filled(t);
  assert.ok(stored(file).every(({ size }) => size === null));
});

test('what was compressed for a row is given back once it is written, and messages that are stored as they are stay', async () => {
  const packer = createPacker(() => 2 ** 30, createTurnedClock());
  const large = Buffer.concat([randomBytes(100_000), Buffer.alloc(400_000)]);
  const [ahead, small] = [{ ...messages(0, 5), payload: large }, messages(0, 5)];
  await packer.ahead(ahead);
  for (const batch of [ahead, small]) {
    const { payload, size } = packer.packed(batch);
    assert.equal(packer.packed(batch).payload, payload);
    packer.done(batch);
    assert.equal(payload.buffer.byteLength === 0, size !== null);
    assert.notEqual(batch.payload.length, 0);
  }
  assert.equal(packer.packed(small).size, null);
});

test('compression lets a spool of the same max_size hold several times as much', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file, { maxSize: 4 * 2 ** 20 });
  let taken = 0;
  for (let n = 0; store.spool('main', [live(messages(n, 2_000))]); n += 2_000)
    taken += messages(n, 2_000).payload.length;
  assert.ok(taken > 10 * 2 ** 20, `${taken} bytes`);
  assert.ok(fs.statSync(file).size <= 4 * 2 ** 20);
});

test('a changed byte inside a compressed row is damage: that row is lost and counted, and no message with it is sent', (t) => {
  const { store, file } = filled(t);
  for (let n = 0; n < 20; n++) store.spool('main', [live(messages(n * 500, 500))]);
  store.close();
  const db = new Database(file);
  const { row, payload } = db
    .prepare<[], { row: number; payload: Buffer }>('SELECT row, payload FROM spool WHERE size IS NOT NULL LIMIT 1')
    .get()!;
  payload[payload.length >> 1]! ^= 1;
  db.prepare('UPDATE spool SET payload = ? WHERE row = ?').run(payload, row);
  db.close();
  const second = open(t, file).store;
  assert.throws(
    () => rowsOf(second, 'main'),
    (error) => error instanceof StoreProblem && error.code === 'SQLITE_CORRUPT',
  );
  assert.equal(second.trouble(), 'damaged');
  second.close();
  const { store: third } = open(t, file);
  assert.equal(third.spooled('main').rows, 34);
  assert.deepEqual(third.ledger()[0]?.dropped, { 'spool-damaged': count(500, 5_000) });
  rowsOf(third, 'main');
});
