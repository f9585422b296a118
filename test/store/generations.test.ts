import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open } from './help.ts';

const DAY = 86_400_000;
const NONE: ReadonlySet<number> = new Set();

function opened(t: TestContext) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  return { ...open(t, file), file };
}

const clues = { dev: 2 ** 40, ino: 2 ** 64 - 2 ** 12, birth: 1_700_000_000_000.123, headBytes: 1024, head: 'abcd' };

test('a generation comes back as it was written down, its clues to the last bit', (t) => {
  const { store } = opened(t);
  const first = store.add({ input: 'app', chain: '/l/a', path: '/l/a.1', clues, previous: undefined, firstSeen: 7 });
  const second = store.add({ input: 'app', chain: '/l/a', path: '/l/a', clues, previous: first.file, firstSeen: 8 });
  assert.deepEqual(store.generations('app'), [first, second]);
  assert.deepEqual(first, { ...first, input: 'app', chain: '/l/a', path: '/l/a.1', clues, firstSeen: 7 });
  assert.deepEqual(store.generations('other'), []);
});

test('every generation gets 16 random characters of its own', (t) => {
  const { store } = opened(t);
  const minted = Array.from(
    { length: 200 },
    () => store.add({ input: 'a', chain: '/a', path: '/a', clues, previous: undefined, firstSeen: 0 }).gen,
  );
  assert.equal(new Set(minted).size, 200);
  for (const gen of minted) assert.match(gen, /^[0-9a-z]{16}$/);
  assert.equal(new Set(minted.join('')).size, 36);
});

test('an update changes what it names and nothing else', (t) => {
  const { store } = opened(t);
  const file = addFile(store);
  const [before] = store.generations('app');
  store.update(file, { path: '/log/app.log.1' });
  assert.deepEqual(store.generations('app'), [{ ...before, path: '/log/app.log.1' }]);
  store.update(file, { clues });
  assert.deepEqual(store.generations('app'), [{ ...before, path: '/log/app.log.1', clues }]);
  store.update(file, { path: undefined });
  assert.deepEqual(store.generations('app'), [{ ...before, path: undefined, clues }]);
  assert.throws(() => store.update(99, { clues }), /No generation has the number 99/);
  assert.throws(() => store.update(99, { path: '/a' }), /No generation has the number 99/);
});

test('how far the generations of an input are settled is told at once, those of other inputs and destinations not among them', (t) => {
  const { store } = opened(t);
  const [one, two, other] = [addFile(store), addFile(store), addFile(store, 'other')];
  for (const file of [one, two, other]) store.begin('main', mark(file, file * 10));
  store.begin('backup', mark(two, 7));
  addFile(store);
  assert.deepEqual(
    [...store.settled('main', 'app')],
    [
      [one, one * 10],
      [two, two * 10],
    ],
  );
  assert.deepEqual([...store.settled('backup', 'app')], [[two, 7]]);
  assert.equal(store.settled('nobody', 'app').size, 0);
});

test('a first checkpoint is for one destination, and there is only one', (t) => {
  const { store } = opened(t);
  const file = addFile(store);
  store.begin('main', mark(file, 50, 4));
  assert.deepEqual(store.checkpoint('main', file), mark(file, 50, 4));
  assert.equal(store.checkpoint('backup', file), undefined);
  assert.throws(() => store.begin('main', mark(file, 60)), /has a checkpoint for main already/);
  store.settle('main', [live(batch({ marks: [mark(file, 70)], sent: count(1, 20) }))]);
  assert.equal(store.checkpoint('main', file)?.offset, 70);
});

test('a generation gone for more than 30 days is forgotten with its checkpoints, and no sooner', (t) => {
  const { store, clock } = opened(t);
  const file = addFile(store);
  const stays = addFile(store);
  store.begin('main', mark(file, 5));
  store.begin('main', mark(stays, 5));
  clock.turn(100 * DAY);
  assert.equal(store.prune(NONE), 0);
  store.update(file, { path: undefined });
  clock.turn(30 * DAY);
  // Told once more that it is gone: it has been gone since the first time.
  store.update(file, { path: undefined });
  assert.equal(store.prune(NONE), 0);
  clock.turn(1);
  assert.equal(store.prune(NONE), 1);
  assert.deepEqual(
    store.generations('app').map((one) => one.file),
    [stays],
  );
  assert.equal(store.checkpoint('main', file), undefined);
  assert.equal(store.checkpoint('main', stays)?.offset, 5);
});

test('a generation that came back is not forgotten', (t) => {
  const { store, clock } = opened(t);
  const file = addFile(store);
  store.update(file, { path: undefined });
  clock.turn(40 * DAY);
  store.update(file, { path: '/log/app.log.1' });
  assert.equal(store.prune(NONE), 0);
});

test('a held generation and the predecessor of one that is held or not gone are not forgotten', (t) => {
  const { store, clock } = opened(t);
  const oldest = addFile(store, 'app', { path: undefined });
  const older = addFile(store, 'app', { path: undefined, previous: oldest });
  const held = addFile(store, 'app', { path: undefined, previous: older });
  const last = addFile(store, 'app', { path: undefined, previous: held });
  const liveFile = addFile(store, 'app', { previous: last });
  clock.turn(31 * DAY);
  assert.equal(store.prune(new Set([held])), 1);
  const left = store.generations('app').map(({ file, previous }) => [file, previous]);
  assert.deepEqual(left, [
    [older, undefined],
    [held, older],
    [last, held],
    [liveFile, last],
  ]);
  assert.equal(store.prune(NONE), 2);
  assert.deepEqual(
    store.generations('app').map(({ file }) => file),
    [last, liveFile],
  );
});

test('opening forgets what has long been gone', (t) => {
  const { store, file } = opened(t);
  addFile(store, 'app', { path: undefined });
  addFile(store);
  store.close();
  const later = { now: () => Date.UTC(2027, 0, 1), ticks: () => 0, after: () => () => {} };
  const next = open(t, file, {}, { clock: later }).store;
  assert.equal(next.generations('app').length, 1);
});

test('the number of a forgotten generation is never used again', (t) => {
  const { store, clock } = opened(t);
  const file = addFile(store, 'app', { path: undefined });
  clock.turn(31 * DAY);
  store.prune(NONE);
  assert.ok(addFile(store) > file);
});
