import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { LedgerRow } from '../../agent/store/ledger.ts';
import type { Store } from '../../agent/store/store.ts';
import type { Batch, Count, Sent } from '../../agent/types.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open, rowsOf } from './help.ts';

/** What the store should hold, in plain objects. */
type Row = { destination: string; input: string; sent: Count; payload: number; again: boolean };
type Model = {
  rows: Map<number, Row>;
  books: Map<string, Map<string, Count>>;
  offsets: Map<string, number>;
  last: number;
};

const INPUTS = ['app', 'db'] as const;
const DESTINATIONS = ['main', 'backup'] as const;

const lines = fc.record({ lines: fc.nat(5), width: fc.integer({ min: 1, max: 100 }) });
const step = fc.record({
  input: fc.constantFrom(...INPUTS),
  sent: lines,
  filtered: lines,
  dropped: lines,
  payload: fc.integer({ min: 1, max: 70_000 }),
  again: fc.boolean(),
});
const act = fc.record({
  verb: fc.constantFrom('settle', 'spool', 'settle rows', 'rows came back', 'reopen'),
  destination: fc.constantFrom(...DESTINATIONS),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  rows: fc.integer({ min: 1, max: 5 }),
  /** undone: called in a transaction that fails afterwards. */
  how: fc.constantFrom('alone', 'alone', 'joined', 'undone'),
});
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function enter(model: Model, destination: string, input: string, cause: string, { lines: n, bytes }: Count): void {
  const key = `${destination} ${input}`;
  const book = model.books.get(key) ?? new Map<string, Count>();
  const old = book.get(cause) ?? count(0, 0);
  model.books.set(key, book.set(cause, count(old.lines + n, old.bytes + bytes)));
}

/** The batches of an act, and their effect on the model's positions. */
function batches(model: Model, { destination, steps }: Act): Sent[] {
  return steps.map(({ input, payload, again, ...counts }) => {
    const of = ({ lines: n, width }: { lines: number; width: number }) => count(n, n * width);
    const [sent, filtered, dropped] = [of(counts.sent), of(counts.filtered), of(counts.dropped)];
    const key = `${destination} ${input}`;
    const offset = (model.offsets.get(key) ?? 0) + sent.bytes + filtered.bytes + dropped.bytes;
    model.offsets.set(key, offset);
    const marks = [mark(INPUTS.indexOf(input) + 1, offset)];
    return live(batch({ input, marks, sent, filtered, dropped, payload: sent.lines === 0 ? 0 : payload }), again);
  });
}

function passed(model: Model, destination: string, { input, tally }: Batch): void {
  for (const one of Object.values(tally)) enter(model, destination, input, 'read', one);
  enter(model, destination, input, 'filtered', tally.filtered);
  enter(model, destination, input, 'dropped', tally.dropped);
}

/** Plays one act on the model, and gives the same act for the store. */
function play(model: Model, one: Act, rows: readonly Sent[]): (store: Store) => void {
  const { destination, verb } = one;
  if (verb === 'settle' || verb === 'spool') {
    const sent = batches(model, one);
    for (const { batch: each, again } of sent) {
      passed(model, destination, each);
      const { input, tally, payload } = each;
      if (verb === 'settle') {
        enter(model, destination, input, 'acked', tally.sent);
        if (again) enter(model, destination, input, 'repeated', tally.sent);
      } else if (payload.length > 0) {
        model.rows.set(++model.last, { destination, input, sent: tally.sent, payload: payload.length, again });
      }
    }
    return (store) => assert.notEqual(store[verb](destination, sent), false);
  }
  for (const { row, batch: each, again } of rows) {
    if (verb === 'rows came back') model.rows.get(row!)!.again = true;
    else {
      enter(model, destination, each.input, 'acked', each.tally.sent);
      if (again) enter(model, destination, each.input, 'repeated', each.tally.sent);
      model.rows.delete(row!);
    }
  }
  return (store) => void (verb === 'rows came back' ? store.spool(destination, rows) : store.settle(destination, rows));
}

function check(store: Store, model: Model): void {
  const rows = DESTINATIONS.flatMap((destination) =>
    rowsOf(store, destination).map(({ row, batch: { input, tally, payload }, again }) => {
      return [row, { destination, input, sent: tally.sent, payload: payload.length, again }];
    }),
  );
  assert.deepEqual(new Map(rows as [number, Row][]), new Map(model.rows));
  const books = store.ledger();
  for (const book of books) checkBook(book, model);
  const known = [...model.books].filter(([, book]) => book.get('read')!.lines > 0);
  assert.equal(books.length, known.length);
  for (const [key, offset] of model.offsets) {
    const [destination, input] = key.split(' ') as [string, (typeof INPUTS)[number]];
    assert.equal(store.checkpoint(destination, INPUTS.indexOf(input) + 1)?.offset, offset);
    const read = books.find((book) => book.destination === destination && book.input === input)?.read.bytes ?? 0;
    assert.equal(read, offset, 'every byte before the checkpoint is in the books');
  }
}

function checkBook(
  { destination, input, read, acked, filtered, dropped, spool, repeated }: LedgerRow,
  model: Model,
): void {
  const book = model.books.get(`${destination} ${input}`)!;
  const wanted = (cause: string) => book.get(cause) ?? count(0, 0);
  assert.deepEqual([read, acked, filtered, repeated], ['read', 'acked', 'filtered', 'repeated'].map(wanted));
  assert.deepEqual(dropped.unmatched ?? count(0, 0), wanted('dropped'));
  for (const unit of ['lines', 'bytes'] as const) {
    const ends = [acked, spool, filtered, ...Object.values(dropped)].reduce((sum, one) => sum + one[unit], 0);
    assert.equal(read[unit], ends, `the sum of ${unit} closes`);
  }
}

function story(t: TestContext, acts: readonly Act[]): void {
  const file = path.join(temporaryFolder(t), 'spool.db');
  let { store } = open(t, file);
  for (const input of INPUTS) addFile(store, input);
  let model: Model = { rows: new Map(), books: new Map(), offsets: new Map(), last: 0 };
  for (const one of acts) {
    if (one.verb === 'reopen') {
      store.close();
      store = open(t, file).store;
      continue;
    }
    const rows = rowsOf(store, one.destination).slice(0, one.rows);
    const after = structuredClone(model);
    const perform = play(after, one, rows);
    const undo = new Error('undone');
    if (one.how === 'alone') perform(store);
    else if (one.how === 'joined') store.transaction(() => perform(store));
    else {
      const failing = () => {
        perform(store);
        throw undo;
      };
      assert.throws(() => store.transaction(failing), undo);
    }
    if (one.how !== 'undone') model = after;
    check(store, model);
  }
  store.close();
}

test('after any sequence of verbs, alone, joined or undone, the store holds what a plain model holds', (t) => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 1, maxLength: 25 }), (acts) => story(t, acts)),
    { numRuns: 60, interruptAfterTimeLimit: 60_000 },
  );
});
