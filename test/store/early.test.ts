import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createEarlyFlush } from '../../agent/store/early.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { addFile, batch, count, live, mark, open } from './help.ts';

const MIB = 2 ** 20;

test('the log is flushed after two MiB of rows, and not again before that is over and two MiB more stand in it', async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file);
  const opened = t.mock.method(fs, 'open').mock;
  const flushes = t.mock.method(fs, 'fdatasync').mock;
  const closed = t.mock.method(fs, 'close').mock;
  const app = addFile(store);
  let row = 0;
  const spool = () =>
    store.spool('main', [live(batch({ marks: [mark(app, ++row)], sent: count(1, 1), payload: MIB }))]);
  spool();
  assert.equal(opened.callCount(), 0);
  for (let more = 0; more < 5; more++) spool();
  await until('the log is flushed', () => closed.callCount() === 1);
  assert.deepEqual([opened.callCount(), flushes.callCount()], [1, 1]);
  // What was written meanwhile is due with the next row.
  await until('the flush is over', () => {
    spool();
    return opened.callCount() === 2;
  });
  await until('the log is flushed again', () => closed.callCount() === 2);
  spool();
  assert.equal(opened.callCount(), 2);
});

test('a log that is not there, or that the disk does not flush, holds up nothing, and leaves no file open', async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const opened = t.mock.method(fs, 'open').mock;
  const flushes = t.mock.method(fs, 'fdatasync').mock;
  const closed = t.mock.method(fs, 'close').mock;
  const refuse = (...given: unknown[]) => (given.at(-1) as (problem: Error) => void)(new Error('EIO'));
  const early = createEarlyFlush(file);
  opened.mockImplementationOnce(refuse as unknown as typeof fs.open);
  early.wrote(2 * MIB);
  assert.deepEqual([opened.callCount(), flushes.callCount()], [1, 0]);
  fs.writeFileSync(`${file}-wal`, 'x');
  flushes.mockImplementationOnce(refuse as unknown as typeof fs.fdatasync);
  for (const tried of [1, 2]) {
    await until('it is tried again', () => {
      early.wrote(2 * MIB);
      return flushes.callCount() === tried;
    });
    await until('the file is closed', () => closed.callCount() === tried);
  }
});
