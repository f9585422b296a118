/**
 * The log goes to the disk early, in Node's thread pool. SQLite flushes the log before it writes it back, and the main thread waits for
 * that: it finds little left to flush then. This is a hint to the disk and no more, for SQLite flushes all the same.
 */
import fs from 'node:fs';

/** So many bytes of rows are flushed at once. */
const STEP = 2 * 2 ** 20;

export type EarlyFlush = {
  /** Rows of so many bytes more stand in the log. */
  wrote(bytes: number): void;
};

/** `file`: the database. What goes wrong here is left for SQLite to find. */
export function createEarlyFlush(file: string): EarlyFlush {
  let waiting = 0;
  let busy = false;

  function flush(): void {
    const over = () => {
      busy = false;
    };
    fs.open(`${file}-wal`, 'r', (problem, handle) => {
      if (problem) over();
      else fs.fdatasync(handle, () => fs.close(handle, over));
    });
  }

  return {
    wrote(bytes) {
      waiting += bytes;
      if (busy || waiting < STEP) return;
      waiting = 0;
      busy = true;
      flush();
    },
  };
}
