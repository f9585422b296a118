import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createEarlyFlush } from '../../agent/store/early.ts';
import { until } from '../harness/wait.ts';
import { addFile, batch, count, live, mark, open, temporaryFolder } from './help.ts';

const MIB = 2 ** 20;

test('the log is flushed after two MiB of rows, and not again before that is over', async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file);
  const flushes = t.mock.method(fs, 'fdatasync').mock;
  const closed = t.mock.method(fs, 'close').mock;
  const app = addFile(store);
  const spool = (offset: number) =>
    store.spool('main', [live(batch({ marks: [mark(app, offset)], sent: count(1, 1), payload: MIB }))]);
  spool(1);
  assert.equal(closed.callCount(), 0);
  for (let n = 2; n <= 6; n++) spool(n);
  await until('the log is flushed', () => closed.callCount() === 1);
  assert.equal(flushes.callCount(), 1);
  // What was written meanwhile is due with the next row.
  await until('the flush is over', () => {
    spool(7 + flushes.callCount() * 100 + closed.callCount());
    return flushes.callCount() === 2;
  });
});

test('a log that is not there holds up nothing', async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const opened = t.mock.method(fs, 'open').mock;
  const early = createEarlyFlush(file);
  early.wrote(2 * MIB);
  fs.writeFileSync(`${file}-wal`, 'x');
  const flushes = t.mock.method(fs, 'fdatasync').mock;
  await until('it is tried again', () => {
    early.wrote(2 * MIB);
    return opened.callCount() >= 2 && flushes.callCount() >= 1;
  });
});
