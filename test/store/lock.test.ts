import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspectStore } from '../../agent/store/inspect.ts';
import { openStore, StoreProblem } from '../../agent/store/store.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { configFor, open, testLog } from './help.ts';

/** Another process that opens the state at `file` and holds it until it is killed. */
async function holder(t: TestContext, file: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./child.ts', import.meta.url)), 'hold', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

function refusal(file: string): StoreProblem {
  try {
    openStore({ config: configFor(file), clock: createTurnedClock(), log: testLog(), command: 'tailship run' }).close();
  } catch (error) {
    assert.ok(error instanceof StoreProblem, `${error}`);
    return error;
  }
  throw new Error('It opened.');
}

test('a second process on the same state is told who holds it: pid, command and since when', async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const child = await holder(t, file);
  const { code, message } = refusal(file);
  assert.equal(code, 'held');
  assert.ok(message.includes(`process ${child.pid} (tailship run -c test.conf)`), message);
  assert.match(message, /began at 20\d\d-.*Z.*\[spool\] path/);
});

test('a second store in the same process is told so too, and the first goes on', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file);
  assert.ok(refusal(file).message.includes(`process ${process.pid} (tailship run), which began at 2026-11-23T12:00`));
  store.begin('main', { file: store.add(generation()).file, offset: 1, skip: 0, clue: 'c' });
  assert.equal(refusal(file).code, 'held');
});

function generation() {
  const clues = { dev: 1, ino: 2, birth: 3, headBytes: 4, head: 'ab' };
  return { input: 'app', chain: '/log/a', path: '/log/a', clues, previous: undefined, firstSeen: 0 };
}

test('a holder killed with -9 leaves no lock behind', async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const child = await holder(t, file);
  assert.equal(inspectStore(file)?.holder?.pid, child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(inspectStore(file)?.held, false);
  assert.deepEqual(
    fs.readdirSync(path.dirname(file)).filter((name) => name.includes('journal')),
    [],
  );
  open(t, file).store.close();
});

test('an orderly close gives the lock back and takes the words away', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file);
  store.close();
  store.close();
  assert.deepEqual(fs.readdirSync(path.dirname(file)).toSorted(), [
    'spool.db',
    'spool.db.lock',
    'spool.db.positions',
    'spool.db.reserve',
  ]);
  open(t, file);
});

test('a failed opening gives the lock back', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'spool.db');
  const failing = () => {
    throw new Error('no answer');
  };
  const parts = {
    config: configFor(file, { maxSize: undefined }),
    clock: createTurnedClock(),
    log: testLog(),
    command: 'x',
  };
  assert.throws(() => openStore({ ...parts, freeBytes: failing }), /no answer/);
  open(t, file);
});

test('a look at who holds the state does not keep an agent from starting', async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  open(t, file).store.close();
  const child = spawn(process.execPath, [fileURLToPath(new URL('./child.ts', import.meta.url)), 'look', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  for (let i = 0; i < 20; i++) open(t, file).store.close();
});
