/**
 * Holes of NUL bytes: what a writer leaves that goes on at its old place after copytruncate.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import { scene } from './scene.ts';
import { tick } from './ticks.ts';

/** Writes at a place, as an application does that did not open its file for appending. */
function writeAt(file: string, text: string, at: number): void {
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, text, at);
  fs.closeSync(fd);
}

test('a hole of three GiB is passed over in bounded memory, and what stands behind it is read', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    const hole = 3 * 2 ** 30;
    writeAt(stage.live, 'two\n', hole);
    const before = process.memoryUsage().rss;
    stage.clock.advance(1000);
    let text = '';
    for (let steps = 0; !text.endsWith('two\n') && steps < 100_000; steps += 1) text += stage.reader.read();
    assert.equal(text, 'two\n');
    assert.ok(process.memoryUsage().rss - before < 200 * 2 ** 20);
    assert.deepEqual(stage.losses, []);
    const at = stage.reader.chunks.slice(1).map(({ start, end }) => [start, end]);
    assert.deepEqual(at, [
      [4, hole],
      [hole, hole + 4],
    ]);
  }));

test('a line behind a hole is read whole, though a restart came between the hole and its end', () =>
  scene({ before: { 'app.log': '' }, input: { maxLine: 1000 } }, (stage) => {
    writeAt(stage.live, 'two ha', 5000);
    assert.equal(stage.look(), '');
    assert.equal(stage.reader.chunks.at(-1)?.end, 5000, 'the hole is passed over');
    stage.kill();
    stage.write('lves\nthree\n');
    stage.start();
    assert.equal(stage.look(), 'two halves\nthree\n');
    assert.deepEqual(stage.losses, []);
  }));

test('an archive that begins with a hole is unpacked once', () => {
  const hole = 32 * 2 ** 20;
  let unpacked = 0;
  const read: Files['read'] = (fd, into, position) => {
    if (position === 0 && into.length > 16 * 1024) unpacked += 1;
    return realFiles.read(fd, into, position);
  };
  const archive = gzipSync(Buffer.concat([Buffer.alloc(hole), Buffer.from('one\n')]));
  return scene({ files: { ...realFiles, read }, input: { start: 'oldest' } }, async (stage) => {
    stage.kill();
    fs.writeFileSync(`${stage.live}.1.gz`, archive);
    fs.writeFileSync(stage.live, 'two\n');
    stage.start();
    assert.equal(await stage.until(8), 'one\ntwo\n');
    assert.deepEqual(stage.losses, []);
    assert.ok(unpacked <= 2, `it was begun with ${unpacked} times`);
  });
});

for (const how of ['plain', 'packed', 'packed while the agent is away'] as const) {
  test(`copies of a file that begins with a hole are known again and give nothing twice: ${how}`, () =>
    scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
      stage.reader.read();
      fs.truncateSync(stage.live, 0);
      writeAt(stage.live, 'two\n', 5000);
      assert.equal(stage.look(), 'two\n');
      for (const [i, line] of ['three\n', 'four\n', 'five\n'].entries()) {
        if (how === 'packed while the agent is away') stage.kill();
        const size = fs.statSync(stage.live).size;
        writeAt(stage.live, line, size);
        for (let n = i; n > 0; n -= 1)
          for (const end of ['', '.gz'])
            if (fs.existsSync(`${stage.live}.${n}${end}`))
              fs.renameSync(`${stage.live}.${n}${end}`, `${stage.live}.${n + 1}${end}`);
        if (how === 'plain') fs.copyFileSync(stage.live, `${stage.live}.1`);
        else fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
        fs.truncateSync(stage.live, 0);
        writeAt(stage.live, 'more\n', size + line.length);
        if (how === 'packed while the agent is away') stage.start();
        assert.equal(await stage.until(line.length + 5), `${line}more\n`);
      }
      assert.deepEqual(stage.losses, []);
    }));
}

test('an empty file that gets a hole, is rotated and packed between two looks is read once', () =>
  scene({ before: { 'app.log': '' } }, async (stage) => {
    stage.reader.read();
    writeAt(stage.live, 'one\n', 5000);
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
    fs.rmSync(stage.live);
    stage.write('two\n');
    assert.equal(await stage.until(8), 'one\ntwo\n');
    assert.deepEqual(stage.losses, []);
  }));

for (const begin of ['lines', 'a hole'] as const) {
  for (const refill of ['nothing', 'a hole and more than was there'] as const) {
    test(`the copy of a file that begins with ${begin} is read although the file was truncated, got ${refill}, and was deleted in one`, () =>
      scene({ before: { 'app.log': begin === 'lines' ? 'one\n' : '' } }, (stage) => {
        if (begin === 'a hole') {
          stage.reader.read();
          writeAt(stage.live, 'one\n', 5000);
        }
        stage.clock.advance(1000);
        fs.appendFileSync(stage.live, 'two\n');
        fs.copyFileSync(stage.live, `${stage.live}.1`);
        const { size } = fs.statSync(stage.live);
        fs.truncateSync(stage.live, 0);
        if (refill !== 'nothing') writeAt(stage.live, 'gone\n', size);
        fs.rmSync(stage.live);
        stage.write('three\n');
        assert.equal(stage.look(), 'one\ntwo\nthree\n');
        assert.deepEqual(stage.losses, []);
      }));
  }
}

test('a file that was truncated before it was deleted is counted as lost where there is no copy', () =>
  scene({ before: { 'app.log': '' } }, (stage) => {
    stage.reader.read();
    writeAt(stage.live, 'one\n', 5000);
    stage.clock.advance(1000);
    fs.truncateSync(stage.live, 0);
    writeAt(stage.live, 'gone\n', 6000);
    fs.rmSync(stage.live);
    stage.write('two\n');
    assert.equal(stage.look(), 'two\n');
    assert.deepEqual(
      stage.losses.map(({ from, to, cause }) => [from, to, cause]),
      [[0, 5004, 'truncated']],
    );
  }));

test('a live file with a hole is no copy of an older file of which no more than a hole was read', () =>
  scene({ before: { 'app.log': '' }, largest: 4096 }, async (stage) => {
    stage.reader.read();
    writeAt(stage.live, 'one\n', 5000);
    stage.clock.advance(1000);
    // The hole is a chunk of its own, behind which nothing was read yet.
    stage.reader.read({ most: 1 });
    const packed = gzipSync(fs.readFileSync(stage.live));
    fs.rmSync(stage.live);
    fs.writeFileSync(`${stage.live}.1.gz`, packed);
    fs.writeFileSync(stage.live, '');
    writeAt(stage.live, 'two\n', 9000);
    assert.equal(await stage.until(8), 'one\ntwo\n');
    assert.deepEqual(stage.losses, []);
  }));

test('a copy of a file with a hole that lacks the last lines gives nothing twice, and the lines that it lacks are lost', () =>
  scene({ before: { 'app.log': '' }, destinations: ['server', 'other'] }, async (stage) => {
    stage.reader.read();
    writeAt(stage.live, 'one\n', 5000);
    // A copy is known by its later birth.
    await tick(stage.folder);
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.appendFileSync(stage.live, 'two\n');
    assert.equal(stage.look(), 'one\ntwo\n');
    fs.truncateSync(stage.live, 0);
    writeAt(stage.live, 'three\n', 5008);
    assert.equal(stage.look(), 'three\n');
    assert.deepEqual(
      stage.losses.map(({ from, to }) => [from, to]),
      [[5004, 5008]],
    );
    fs.truncateSync(stage.live, 0);
    assert.equal(stage.look(), '');
    assert.equal(stage.readers[1]!.read(), 'one\n');
  }));

for (const when of ['before it is looked at', 'after it was recognised'] as const) {
  test(`the copy of a file with a hole that lacks lines that were read gives nothing twice when it is packed ${when}`, () =>
    scene({ before: { 'app.log': '' } }, async (stage) => {
      stage.reader.read();
      writeAt(stage.live, 'one\n', 5000);
      if (when === 'before it is looked at') assert.equal(stage.look(), 'one\n');
      await tick(stage.folder);
      fs.copyFileSync(stage.live, `${stage.live}.1`);
      fs.appendFileSync(stage.live, 'two\n');
      assert.equal(stage.look(), when === 'before it is looked at' ? 'two\n' : 'one\ntwo\n');
      fs.truncateSync(stage.live, 0);
      if (when === 'after it was recognised') assert.equal(stage.look(), '');
      fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(`${stage.live}.1`)));
      fs.rmSync(`${stage.live}.1`);
      stage.write('three\n');
      assert.equal(await stage.until(6), 'three\n');
      assert.equal(await stage.until(0), '');
      assert.deepEqual(stage.losses, []);
    }));
}

test('nothing of a file is taken for the rest of a hole that it lost meanwhile to a truncation and a longer hole', () =>
  scene({ before: { 'app.log': '' } }, (stage) => {
    stage.reader.read();
    writeAt(stage.live, 'one\n', 900);
    stage.clock.advance(1000);
    // The hole is a chunk of its own, behind which nothing was read yet.
    assert.equal(stage.reader.read({ most: 1 }), '');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    writeAt(stage.live, 'two\n', 904);
    assert.equal(stage.reader.read(), 'one\ntwo\n');
    assert.deepEqual(stage.losses, []);
  }));

test('a hole is not passed over in a file that was refilled with a longer one, though it could not be looked at just then', () => {
  let refused = 0;
  const files: Files = {
    ...realFiles,
    fstat(fd) {
      if (refused === 0) return realFiles.fstat(fd);
      refused -= 1;
      throw Object.assign(new Error('EIO: refused'), { code: 'EIO' });
    },
  };
  return scene({ files, before: { 'app.log': '' } }, (stage) => {
    stage.reader.read();
    writeAt(stage.live, 'one\n', 5000);
    stage.clock.advance(1000);
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    writeAt(stage.live, 'two\n', 5004);
    refused = 1;
    assert.equal(stage.reader.read(), 'one\ntwo\n');
    assert.equal(refused, 0);
    const read = stage.reader.chunks.map(({ file, start, end }) => [file, start, end]);
    assert.deepEqual(read, [
      [1, 0, 5000],
      [1, 5000, 5004],
      [2, 0, 5004],
      [2, 5004, 5008],
    ]);
  });
});

test('a live file that ends a line with the same bytes is no copy of an older file with a hole', () =>
  scene({ before: { 'app.log': '' } }, async (stage) => {
    const line = `${'x'.repeat(300)}\n`;
    stage.reader.read();
    writeAt(stage.live, line, 5000);
    stage.clock.advance(1000);
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
    fs.rmSync(stage.live);
    fs.writeFileSync(stage.live, '');
    writeAt(stage.live, `two\n${line}`, 4996);
    assert.equal(await stage.until(2 * line.length + 4), `${line}two\n${line}`);
    assert.deepEqual(stage.losses, []);
  }));

test('a file that begins with lines is not taken for one that began with a hole, though bytes of both are alike', () =>
  scene({ before: { 'app.log': '' } }, async (stage) => {
    const filler = `${'x'.repeat(600)}\n`;
    const first = `first ${'x'.repeat(5594)}\n`;
    stage.reader.read();
    writeAt(stage.live, filler, first.length - filler.length);
    stage.clock.advance(1000);
    fs.writeFileSync(`${stage.live}.2.gz`, gzipSync(fs.readFileSync(stage.live)));
    fs.rmSync(stage.live);
    stage.write(`${first}more\n`);
    stage.rename('app.log.1');
    stage.write('last\n');
    const all = `${filler}${first}more\nlast\n`;
    assert.equal(await stage.until(all.length), all);
    assert.equal(await stage.until(0), '');
    assert.deepEqual(stage.losses, []);
  }));
