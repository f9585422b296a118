/**
 * What happened between two looks at the files, told from what lies there afterwards.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import { interruptedAfter, lookedAt, telling } from './odd-files.ts';
import { scene } from './scene.ts';

test('what an empty file got and lost to a copy before its first byte was seen is read before what it holds now', () =>
  scene({ before: { 'app.log': '' } }, (stage) => {
    stage.write('one\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('two\n');
    assert.equal(stage.reader.read(), 'one\ntwo\n');
  }));

test('lines that come after a renamed file was let go and that are compressed before anyone looks are read from the archive', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.pass(10_000);
    assert.equal(stage.reader.closed.length, 1);
    stage.write('very late\n', 'app.log.1');
    fs.writeFileSync(`${stage.live}.2.gz`, gzipSync(fs.readFileSync(`${stage.live}.1`)));
    fs.unlinkSync(`${stage.live}.1`);
    stage.rename('app.log.1');
    stage.write('three\n');
    assert.deepEqual((await stage.until(16)).split('\n').sort(), ['', 'three', 'very late']);
    assert.equal(await stage.until(0), '');
  }));

test('files that are rotated into another folder are found there by the glob `rotated`, packed ones too', async () => {
  const old = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  try {
    await scene({ before: { 'app.log': 'one\n' }, input: { rotated: path.join(old, '*') } }, async (stage) => {
      stage.reader.read();
      stage.kill();
      stage.write('two\n');
      fs.writeFileSync(path.join(old, 'app.log-20261121.gz'), gzipSync(fs.readFileSync(stage.live)));
      fs.unlinkSync(stage.live);
      stage.write('three\n');
      fs.renameSync(stage.live, path.join(old, 'app.log-20261122'));
      fs.writeFileSync(path.join(old, 'other.log-20261122'), 'not ours\n');
      stage.write('four\n');
      stage.start();
      assert.equal(await stage.until(15), 'two\nthree\nfour\n');
    });
  } finally {
    fs.rmSync(old, { recursive: true });
  }
});

test('an archive of a file that was read to its end and let go is not unpacked again', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.pass(10_000);
    fs.writeFileSync(`${stage.live}.2.gz`, gzipSync(fs.readFileSync(`${stage.live}.1`)));
    fs.unlinkSync(`${stage.live}.1`);
    stage.rename('app.log.1');
    stage.write('three\n');
    stage.clock.advance(1000);
    const status = stage.reader.walk.status();
    assert.deepEqual(
      status.filter((one) => one.path.endsWith('.gz')),
      [],
    );
    assert.equal(await stage.until(6), 'three\n');
  }));

test('a rotated file that was empty, then written to late and packed while the agent was away, is read', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('');
    stage.look();
    stage.rename('app.log.2', 'app.log.1');
    stage.rename('app.log.1');
    stage.write('three\n');
    assert.equal(stage.look(), 'three\n');
    stage.kill();
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync('late\n'));
    fs.unlinkSync(`${stage.live}.1`);
    stage.start();
    assert.equal(await stage.until(5), 'late\n');
  }));

test('copies that were taken of a file which is deleted now, and was empty at the last look, come before what it still holds', () =>
  scene({ before: { 'app.log': '' } }, (stage) => {
    stage.write('one\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.utimesSync(`${stage.live}.1`, new Date(), new Date(Date.now() - 500));
    fs.truncateSync(stage.live, 0);
    stage.write('two\n');
    fs.unlinkSync(stage.live);
    assert.equal(stage.look(), 'one\ntwo\n');
  }));

test('nothing is lost where no file tells which of two is older: one empty at the last look and removed since, one never seen', () =>
  scene({ before: { 'app.log': '' } }, (stage) => {
    stage.look();
    stage.write('one\n');
    stage.rename('app.log-20261120');
    stage.write('two\n');
    stage.rename('app.log-20261121');
    stage.write('late\n', 'app.log-20261120');
    fs.rmSync(path.join(stage.folder, 'app.log-20261120'));
    assert.deepEqual(stage.look().split('\n').sort(), ['', 'late', 'one', 'two']);
    assert.deepEqual(stage.losses, []);
  }));

test('an empty file that was deleted is not taken for the copy that got its inode number', () => {
  const births = new Map<number, number>();
  const inodes = new Map<number, number>();
  const files = telling((stat) => ({
    ...stat,
    ino: inodes.get(stat.ino) ?? stat.ino,
    birth: births.get(stat.ino) ?? stat.birth,
  }));
  return scene({ files, before: { 'app.log': '' } }, (stage) => {
    stage.look();
    stage.rename('app.log.1');
    stage.write('one\n');
    assert.equal(stage.look(), 'one\n');
    stage.kill();
    stage.start();
    const { ino, birth } = realFiles.stat(`${stage.live}.1`)!;
    fs.unlinkSync(`${stage.live}.1`);
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    const copy = realFiles.stat(`${stage.live}.1`)!.ino;
    inodes.set(copy, ino);
    births.set(copy, birth + 60_000);
    fs.truncateSync(stage.live, 0);
    stage.write('x\n');
    assert.equal(stage.look(), 'x\n');
    assert.deepEqual(stage.losses, []);
  });
});

test('the first file of a chain, let go when it was empty, then written to late and packed unseen, is read; what is older is not', () =>
  scene({ before: { 'app.log': '' } }, async (stage) => {
    const pack = (name: string, text: string, at: number): void => {
      fs.writeFileSync(path.join(stage.folder, name), gzipSync(text));
      fs.utimesSync(path.join(stage.folder, name), new Date(at), new Date(at));
    };
    pack('app.log-20261119.gz', 'older than all\n', Date.now() - 86_400_000);
    stage.reader.read();
    stage.rename('app.log-20261120');
    stage.write('one\n');
    assert.equal(stage.pass(10_000), 'one\n');
    // In this order, so that the archive cannot get the number of the file.
    pack('app.log-20261120.gz', 'very late\n', Date.now() + 1000);
    fs.rmSync(path.join(stage.folder, 'app.log-20261120'));
    stage.rename('app.log-20261121');
    stage.write('two\n');
    assert.deepEqual((await stage.until(14)).split('\n').sort(), ['', 'two', 'very late']);
  }));

test('what an empty file got and lost to a copy is read though it is empty again', () =>
  scene({ before: { 'app.log': '' } }, (stage) => {
    stage.look();
    stage.write('one\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    assert.equal(stage.look(), 'one\n');
  }));

for (const how of ['an empty file that got lines', 'a file that came for another'] as const) {
  test(`copytruncate in the middle of a look loses nothing, counts nothing as lost and gives nothing twice: ${how}`, () => {
    let live = '';
    let stats = 0;
    const files = lookedAt((look, file) => {
      const stat = look(file);
      // The poll looks first; what it sees has the folder looked into, which begins with the live file.
      if (file === live && ++stats === 2) {
        fs.copyFileSync(live, `${live}.1`);
        fs.truncateSync(live, 0);
      }
      return stat;
    });
    return scene({ before: { 'app.log': '' }, files }, (stage) => {
      stage.look();
      if (how === 'a file that came for another') stage.rename('app.log.2');
      stage.write('one\n');
      live = stage.live;
      assert.equal(stage.look(), 'one\n');
      assert.equal(stage.look(), '');
      assert.deepEqual(stage.losses, []);
    });
  });
}

test('a copy that is packed and removed between the listing and the opening is read from the archive, and nothing counts as lost', () => {
  let packed = '';
  const files: Files = {
    ...realFiles,
    open(file) {
      if (file === packed) {
        packed = '';
        fs.writeFileSync(`${file}.gz`, gzipSync(fs.readFileSync(file)));
        fs.rmSync(file);
      }
      return realFiles.open(file);
    },
  };
  return scene({ before: { 'app.log': 'one\n' }, files }, async (stage) => {
    stage.reader.read();
    stage.write('two\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    packed = `${stage.live}.1`;
    assert.equal(await stage.until(4), 'two\n');
    stage.write('three\n');
    assert.equal(await stage.until(6), 'three\n');
    assert.deepEqual(stage.losses, []);
  });
});

test('a file that was empty and is written to while it is looked into stays the file that it is', () => {
  let live = '';
  let stats = 0;
  const files = lookedAt((look, file) => {
    const stat = look(file);
    if (file === live && ++stats === 2) fs.appendFileSync(live, 'two\n');
    return stat;
  });
  return scene({ before: { 'app.log': '' }, files }, (stage) => {
    stage.look();
    stage.write('one\n');
    live = stage.live;
    assert.equal(stage.look(), 'one\ntwo\n');
    assert.equal(stage.registry.rows.length, 1);
    assert.deepEqual(stage.losses, []);
  });
});

test('a file that is replaced between the look at its name and the opening is not read under the name of another', () => {
  let swapped = '';
  const files: Files = {
    ...realFiles,
    open(file) {
      if (file === swapped) {
        swapped = '';
        fs.renameSync(file, `${file}.2`);
        fs.writeFileSync(file, 'three\n');
      }
      return realFiles.open(file);
    },
  };
  return scene({ before: { 'app.log': 'one\n' }, files }, async (stage) => {
    stage.reader.read();
    stage.rename('app.log.3');
    stage.write('two\n');
    swapped = stage.live;
    assert.equal(await stage.until(10), 'two\nthree\n');
    assert.equal(await stage.until(0), '');
    assert.deepEqual(stage.losses, []);
    assert.equal(stage.registry.rows.length, 3);
  });
});

test('what is written while an older file is looked for is no truncation', () => {
  const { files, plan } = interruptedAfter('stat', (file) => file.endsWith('/app.log'));
  return scene({ files, before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.look();
    // After a restart the old file, of which nothing is unread, is not held open.
    stage.kill();
    stage.start();
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync('one\n'));
    fs.rmSync(`${stage.live}.1`);
    plan(() => stage.write('three\n'));
    assert.equal(await stage.until(6), 'three\n');
    assert.deepEqual(stage.losses, []);
  });
});

test('a rotation into another folder in the middle of a look hides no file of that folder', () => {
  const { files, plan } = interruptedAfter('list', (directory) => directory.endsWith('old'));
  return scene({ files, start: false, before: { 'app.log': 'one\n' } }, (stage) => {
    fs.mkdirSync(`${stage.folder}/old`);
    stage.rename('old/app.log.1');
    stage.write('two\n');
    plan(() => {
      stage.rename('old/app.log.2', 'old/app.log.1');
      stage.rename('old/app.log.1');
    });
    stage.start({ start: 'oldest', rotated: `${stage.folder}/old/*` });
    assert.equal(stage.look(), 'one\ntwo\n');
  });
});

test('where a file system keeps no times of birth, a younger file that gets the inode number of an empty one is not taken for it', () => {
  const inodes = new Map<number, number>();
  const files = telling((stat) => ({ ...stat, ino: inodes.get(stat.ino) ?? stat.ino, birth: 0 }));
  const before = { 'app.log.1': '', 'app.log': 'one\n' };
  return scene({ files, before, input: { start: 'oldest' } }, async (stage) => {
    stage.kill();
    const { ino } = realFiles.stat(`${stage.live}.1`)!;
    fs.writeFileSync(`${stage.live}.2.gz`, gzipSync(''));
    stage.rename('app.log.1');
    stage.write('two\n');
    inodes.set(realFiles.stat(stage.live)!.ino, ino);
    stage.start();
    assert.equal(await stage.until(8), 'one\ntwo\n');
    const empty = 1;
    assert.ok(stage.reader.chunks.every((chunk) => chunk.file !== empty));
  });
});
