import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { createWatch } from '../../agent/tail/watch.ts';
import { until } from '../harness/wait.ts';
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
    watch.directories(new Set([logs, '/proc']), []);
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

/** A watcher of `logs` in a folder of its own, in which `app.log` is followed; it is told of the same things each time. */
function watchLogs(t: TestContext) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  const logs = path.join(folder, 'logs');
  const file = path.join(logs, 'app.log');
  const heard: string[] = [];
  const watch = createWatch({
    hint: (name, written) => void heard.push(`${path.relative(folder, name)} ${written ? 'written' : 'renamed'}`),
    failed: (code) => assert.fail(code),
  });
  t.after(async () => {
    await watch.close();
    fs.rmSync(folder, { recursive: true });
  });
  const [directories, files] = [new Set([logs]), [file]];
  return {
    ...{ folder, logs, file, heard },
    begin: (followed = files) => watch.directories(directories, followed),
    /** Until a write to the file is heard of, once for all that is written in the meantime. */
    async hearsWrites() {
      await until('a write is heard of', () => {
        fs.appendFileSync(file, 'x');
        return heard.includes('logs/app.log written');
      });
      await silence();
      heard.length = 0;
      fs.appendFileSync(file, 'x');
      await until('the next one is heard of', () => heard.length > 0);
      await silence();
      return heard.splice(0);
    },
  };

  /** The system tells of changes in their order: what comes before a name of its own in another folder came before that was made. */
  async function silence(): Promise<void> {
    const probe = path.join(logs, 'probe');
    await until('the watcher tells of a new file', () => {
      fs.writeFileSync(probe, '');
      fs.unlinkSync(probe);
      return heard.includes('logs/probe renamed');
    });
    await until('it tells of all of them', () => heard.at(-1) === 'logs/probe renamed');
    for (const told of heard.splice(0)) if (!told.startsWith('logs/probe')) heard.push(told);
  }
}

test('a write to a file that is followed is told once, as a write', async (t) => {
  const { logs, file, begin, hearsWrites } = watchLogs(t);
  fs.mkdirSync(logs);
  fs.writeFileSync(file, '');
  begin();
  assert.deepEqual(await hearsWrites(), ['logs/app.log written']);
});

test('a folder in which the first file comes is heard of before and after', async (t) => {
  const { logs, file, heard, begin, hearsWrites } = watchLogs(t);
  fs.mkdirSync(logs);
  begin([]);
  await until('the new file is heard of', () => {
    fs.rmSync(file, { force: true });
    fs.writeFileSync(file, '');
    return heard.includes('logs/app.log renamed');
  });
  begin();
  assert.deepEqual(await hearsWrites(), ['logs/app.log written']);
});

test('a folder that is not there is waited for, and then watched like any other', async (t) => {
  const { logs, file, heard, begin, hearsWrites } = watchLogs(t);
  begin();
  fs.mkdirSync(logs);
  await until('a file in the new folder is heard of', () => {
    fs.rmSync(file, { force: true });
    fs.writeFileSync(file, '');
    return heard.includes('logs/app.log renamed');
  });
  begin();
  assert.deepEqual(await hearsWrites(), ['logs/app.log written']);
});

test('another folder that takes the place of a watched one is watched, be that one moved or removed', async (t) => {
  const { folder, logs, file, begin, hearsWrites } = watchLogs(t);
  fs.mkdirSync(logs);
  fs.writeFileSync(file, '');
  begin();
  for (const away of [
    () => fs.renameSync(logs, path.join(folder, 'moved')),
    () => fs.rmSync(logs, { recursive: true }),
  ]) {
    await hearsWrites();
    away();
    fs.mkdirSync(logs);
    fs.writeFileSync(file, '');
    assert.deepEqual(await hearsWrites(), ['logs/app.log written']);
  }
});
