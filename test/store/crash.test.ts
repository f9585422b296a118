import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../harness/temp.ts';
import { open, rowsOf } from './help.ts';

test('after kill -9 at random moments checkpoint, ledger and spool agree', { timeout: 120_000 }, async (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  let read = 0;
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, [fileURLToPath(new URL('./child.ts', import.meta.url)), 'work', file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await pause(Math.random() * 60);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const { store, log } = open(t, file);
    assert.deepEqual(log.said, []);
    const books = store.ledger();
    for (const { destination, read, acked, spool, filtered, dropped } of books) {
      const rows = rowsOf(store, destination).map(({ batch }) => batch.tally.sent);
      for (const unit of ['lines', 'bytes'] as const) {
        assert.equal(
          rows.reduce((sum, row) => sum + row[unit], 0),
          spool[unit],
          `${unit} in the rows`,
        );
        const ends = [acked, spool, filtered, ...Object.values(dropped)].reduce((sum, one) => sum + one[unit], 0);
        assert.equal(read[unit], ends, `${unit} read by ${destination}`);
      }
      // The child's batches have no byte that is not counted, so the books and the position must tell the same.
      assert.equal(store.checkpoint(destination, 1)?.offset, read.bytes);
    }
    const total = books.reduce((sum, one) => sum + one.read.bytes, 0);
    assert.ok(total > read, 'it went on where it was');
    read = total;
    store.close();
  }
  assert.equal(open(t, file).store.ledger().length, 2);
});
