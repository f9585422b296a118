import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspectStore } from '../../agent/store/inspect.ts';
import { StoreProblem } from '../../agent/store/store.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open } from './help.ts';

function filled(t: TestContext) {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store, clock } = open(t, file);
  const app = addFile(store);
  store.settle('main', [live(batch({ marks: [mark(app, 40, 2)], sent: count(3, 38), filtered: count(1, 2) }))]);
  store.spool('backup', [live(batch({ marks: [mark(app, 9)], sent: count(1, 9) }))]);
  store.lost({ input: 'app', file: app, path: '/log/app.log', from: 1, to: 3, cause: 'deleted' });
  return { file, store, clock, app };
}

test('a look from outside tells what the running agent knows, and that it runs', (t) => {
  const { file, store, clock, app } = filled(t);
  const seen = inspectStore(file)!;
  assert.equal(seen.held, true);
  assert.deepEqual(seen.holder, { pid: process.pid, started: clock.now(), command: 'tailship run', damaged: false });
  assert.deepEqual(seen.generations, store.generations('app'));
  assert.deepEqual(seen.ledger, store.ledger());
  assert.deepEqual(seen.losses, store.losses());
  assert.deepEqual(seen.spools, new Map([['backup', store.spooled('backup')]]));
  assert.deepEqual(seen.checkpoints, [
    { destination: 'backup', ...mark(app, 9) },
    { destination: 'main', ...mark(app, 40, 2) },
  ]);
});

test('a look from outside while no agent runs tells the same, and an agent can start after it', (t) => {
  const { file, store } = filled(t);
  const ledger = store.ledger();
  store.close();
  const seen = inspectStore(file)!;
  assert.deepEqual([seen.held, seen.holder, seen.ledger], [false, undefined, ledger]);
  assert.equal(seen.size, fs.statSync(file).size);
  assert.deepEqual(open(t, file).store.ledger(), ledger);
});

test('a look at a state that is not there makes no file', (t) => {
  const folder = temporaryFolder(t);
  assert.equal(inspectStore(path.join(folder, 'spool.db')), undefined);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('a look at a file that is no state is a StoreProblem and leaves the file alone', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  fs.writeFileSync(file, 'not SQLite'.repeat(1000));
  assert.throws(
    () => inspectStore(file),
    (error) => error instanceof StoreProblem && error.code === 'SQLITE_NOTADB',
  );
  assert.equal(fs.readFileSync(file, 'utf8'), 'not SQLite'.repeat(1000));
});

test('on request a look reads the whole file and says what is wrong with it', (t) => {
  const { file, store } = filled(t);
  assert.equal(inspectStore(file, true)?.damage, undefined);
  store.spool('main', [live(batch({ sent: count(1, 1), payload: 500_000 }))]);
  store.close();
  const bytes = fs.readFileSync(file);
  fs.writeFileSync(file, bytes.fill(0xa5, bytes.length - 30 * 8192, bytes.length - 20 * 8192));
  assert.equal(inspectStore(file)?.damage, undefined);
  assert.match(inspectStore(file, true)?.damage ?? '', /Tree|Page|page|Freelist|malformed/);
});
