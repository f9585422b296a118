import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createWatch } from '../../agent/tail/watch.ts';
import { tick } from './ticks.ts';

/** ext4, XFS, btrfs, tmpfs, overlay (Linux magic numbers). */
const OWN = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630];
const skip = OWN.includes(fs.statfsSync(os.tmpdir()).type)
  ? false
  : 'the folder for temporary files is not on a file system whose events are trusted';

test('events are trusted of a watched folder of this machine, not of another that takes its name, nor of /proc', {
  skip,
}, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  const [logs, moved, other] = ['logs', 'moved', 'other'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [logs, other]) fs.mkdirSync(one);
  const watch = createWatch({ hint() {}, failed: (code) => assert.fail(code) });
  try {
    watch.directories([logs, '/proc']);
    assert.deepEqual([logs, other, '/proc'].map(watch.hears), [true, false, false]);
    fs.renameSync(logs, moved);
    assert.equal(watch.hears(logs), false);
    fs.mkdirSync(logs);
    assert.equal(watch.hears(logs), false);
    fs.rmdirSync(logs);
    fs.renameSync(moved, logs);
    assert.equal(watch.hears(logs), true);
    // One that is made right after the other was removed often gets its inode number.
    await tick(other);
    fs.rmdirSync(logs);
    fs.mkdirSync(logs);
    assert.equal(watch.hears(logs), false);
    await watch.close();
    assert.equal(watch.hears(logs), false);
  } finally {
    await watch.close();
    fs.rmSync(folder, { recursive: true });
  }
});
