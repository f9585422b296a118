import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { countSpool, readSpool } from '../../agent/store/look.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open, rowsOf } from './help.ts';

/** A store with rows for main (app, then web) and old (app), an hour apart. */
function three(t: TestContext, change: Parameters<typeof open>[2] = {}) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store, clock, log } = open(t, file, change);
  const app = addFile(store);
  const web = addFile(store, 'web');
  store.spool('main', [live(batch({ marks: [mark(app, 10)], sent: count(2, 10), payload: 50 }))]);
  clock.turn(3_600_000);
  store.spool('main', [live(batch({ input: 'web', marks: [mark(web, 20)], sent: count(3, 20), payload: 60 }))]);
  clock.turn(3_600_000);
  store.spool('old', [live(batch({ marks: [mark(app, 10)], sent: count(2, 10), payload: 70 }))]);
  return { file, store, clock, log, web };
}

const books = (store: ReturnType<typeof open>['store']) =>
  store.ledger().map(({ destination, input, read, dropped, spool }) => ({ destination, input, read, dropped, spool }));

test('what is dropped by hand is what the filter names, and it is in the ledger', (t) => {
  const { store, clock } = three(t);
  assert.deepEqual(store.drop({ destinations: ['nobody'] }), { rows: 0, lines: 0, bytes: 0 });
  assert.deepEqual(store.drop({ input: 'web' }), { rows: 1, lines: 3, bytes: 20 });
  assert.deepEqual(store.drop({ before: clock.now() - 3_600_001 }), { rows: 1, lines: 2, bytes: 10 });
  assert.deepEqual(
    [store.spooled('main').rows, store.spooled('old').rows, store.newestRow('main'), store.newestRow('old')],
    [0, 1, 0, 3],
  );
  assert.deepEqual(books(store), [
    {
      ...{ destination: 'main', input: 'app', read: count(2, 10), spool: count(0, 0) },
      dropped: { 'by-hand': count(2, 10) },
    },
    {
      ...{ destination: 'main', input: 'web', read: count(3, 20), spool: count(0, 0) },
      dropped: { 'by-hand': count(3, 20) },
    },
    { destination: 'old', input: 'app', read: count(2, 10), dropped: {}, spool: count(2, 10) },
  ]);
});

test('a row that was dropped while under way is counted once, though its acknowledgement comes', (t) => {
  const { store } = three(t);
  const sent = rowsOf(store, 'main');
  store.drop({ destinations: ['main'] });
  store.settle('main', sent);
  const [app] = store.ledger();
  assert.deepEqual([app?.acked, app?.dropped], [count(0, 0), { 'by-hand': count(2, 10) }]);
});

test('a spool that was dropped as a whole gives its space back', (t) => {
  const { store, clock, web } = three(t);
  store.spool('main', [live(batch({ input: 'web', marks: [mark(web, 30)], sent: count(1, 10), payload: 4_000_000 }))]);
  store.drop({});
  clock.turn(1_000);
  assert.ok(store.space().file < 1_000_000, `${store.space().file} bytes`);
});

test('rows older than max_age are dropped and counted, the younger ones stay, and it is said', (t) => {
  const { store, clock, log } = three(t, { maxAge: 2 * 3_600_000 });
  store.tend();
  assert.equal(store.spooled('main').rows, 2, 'at its age, not beyond it');
  clock.turn(1_000);
  store.tend();
  assert.deepEqual([store.spooled('main').rows, store.spooled('old').rows], [1, 1]);
  assert.deepEqual(books(store)[0], {
    ...{ destination: 'main', input: 'app', read: count(2, 10), spool: count(0, 0) },
    dropped: { 'spool-age': count(2, 10) },
  });
  assert.match(log.said.join(), /^warn 2 lines \(10B\) were dropped .*older than max_age = 2h/);
  clock.turn(3 * 3_600_000);
  store.tend();
  assert.deepEqual([store.spooled('main').rows, store.spooled('old').rows], [0, 0]);
});

test('a row that is on the wire is not too old as long as it is there', (t) => {
  const { store, clock } = three(t, { maxAge: 60_000 });
  const [first] = rowsOf(store, 'main');
  store.tend();
  assert.equal(store.spooled('main').rows, 2);
  store.spool('main', [first!]);
  clock.turn(1_000);
  store.tend();
  assert.equal(store.spooled('main').rows, 1);
});

test('without max_age nothing is ever too old', (t) => {
  const { store, clock } = three(t);
  clock.turn(10 * 365 * 86_400_000);
  store.tend();
  assert.equal(store.spooled('main').rows, 2);
});

test('a look from outside gives the messages in order, and takes nothing out of the hands of the holder', (t) => {
  const { file, store, clock } = three(t);
  const sizes = (filter: Parameters<typeof readSpool>[1]) => [...readSpool(file, filter)].map(({ length }) => length);
  assert.deepEqual(sizes({}), [50, 60, 70]);
  assert.deepEqual(sizes({ destinations: ['main'] }), [50, 60]);
  assert.deepEqual(sizes({ input: 'app', before: clock.now() }), [50]);
  assert.deepEqual(countSpool(file, { input: 'app' }), { rows: 2, lines: 4, bytes: 20 });
  assert.deepEqual(countSpool(`${file}.not`, {}), { rows: 0, lines: 0, bytes: 0 });
  assert.deepEqual(sizes({ destinations: [] }), []);
  const messages = readSpool(file, {});
  assert.equal(messages.next().value?.length, 50);
  store.drop({ input: 'web' });
  assert.equal(messages.next().value?.length, 70, 'what is gone meanwhile is passed over');
});
