import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Scene, scene } from './scene.ts';

test('a restart goes on where the last settled byte was', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    stage.clock.advance(1000);
    assert.equal(stage.reader.read({ settle: false }), 'two\n');
    stage.kill();
    stage.write('three\n');
    stage.start();
    assert.equal(stage.look(), 'two\nthree\n');
    assert.equal(stage.reader.opened[0]!.offset, 4);
    assert.equal(stage.registry.rows.length, 1);
  }));

test('a crash after the first sight and before anything was settled reads everything once more', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    assert.equal(stage.reader.read({ settle: false }), 'one\n');
    stage.kill();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.start();
    assert.equal(stage.look(), 'one\ntwo\n');
  }));

test('a file rotated while the agent was away is known again under its new name, and read on first', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.kill();
    stage.write('two\n');
    stage.rename('app.log-20261123');
    stage.write('three\n');
    stage.start();
    assert.equal(stage.look(), 'two\nthree\n');
    const [old, fresh] = stage.reader.opened;
    assert.deepEqual([old!.file, old!.offset], [1, 4]);
    assert.deepEqual(fresh!.after && { ...fresh!.after, skip: 0 }, { file: 1, gen: old!.gen, end: 8, skip: 0 });
  }));

test('generations that came and were rotated while the agent was away are read in order', () =>
  scene({ before: { 'app.log': 'one\n', 'app.log.1': 'ancient\n' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    stage.kill();
    stage.write('two\n');
    stage.rename('app.log.2', 'app.log.1');
    stage.rename('app.log.1');
    for (const text of ['three\n', 'four\n']) {
      for (const n of [3, 2, 1])
        if (fs.existsSync(`${stage.live}.${n}`)) stage.rename(`app.log.${n + 1}`, `app.log.${n}`);
      stage.write(text);
      stage.rename('app.log.1');
    }
    for (const n of [4, 3, 2, 1])
      if (fs.existsSync(`${stage.live}.${n}`)) stage.rename(`app.log.${n + 1}`, `app.log.${n}`);
    stage.write('five\n');
    stage.start();
    assert.equal(stage.look(), 'two\nthree\nfour\nfive\n');
  }));

test('three generations missed, two of them compressed: all lines in order, none twice', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.kill();
    stage.write('two\n');
    const pack = (from: string, to: string) => {
      fs.writeFileSync(`${stage.folder}/${to}`, gzipSync(fs.readFileSync(`${stage.folder}/${from}`)));
      fs.unlinkSync(`${stage.folder}/${from}`);
    };
    pack('app.log', 'app.log-20261120.gz');
    stage.write('three\n');
    pack('app.log', 'app.log-20261121.gz');
    stage.write('four\n');
    stage.rename('app.log-20261122');
    stage.write('five\n');
    stage.start();
    assert.equal(await stage.until(19), 'two\nthree\nfour\nfive\n');
    assert.deepEqual(stage.losses, []);
  }));

test('a large archive is read on at the offset in the unpacked file', () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i} ${(i * 7919) % 1_000_003}\n`).join('');
  return scene({ before: { 'app.log': lines.slice(0, 300_000) } }, async (stage) => {
    const first = stage.reader.read();
    stage.kill();
    fs.unlinkSync(stage.live);
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(lines));
    stage.write('new\n');
    stage.start();
    assert.ok(first + (await stage.until(lines.length - first.length + 4)) === `${lines}new\n`);
  });
});

test('a file deleted while the agent was away is said to be gone', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.kill();
    fs.unlinkSync(stage.live);
    stage.write('two\n');
    stage.start();
    assert.equal(stage.look(), 'two\n');
    assert.match(stage.sentences.join('\n'), /gone since the agent last ran.*behind byte 4 is not known/);
  }));

test('a new file that got the old inode number is not taken for the old file', () =>
  scene({ before: { 'app.log': 'one\ntwo\n' } }, (stage) => {
    stage.reader.read();
    stage.kill();
    fs.writeFileSync(stage.live, 'ONE\ntwo\nthree\n');
    stage.start();
    assert.equal(stage.look(), 'ONE\ntwo\nthree\n');
  }));

test('a second destination that is added later begins with the live file', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.look();
    stage.kill();
    stage.start();
    const walk = stage.tail.walk(
      'other',
      () => {},
      () => {},
    );
    assert.equal(walk.next()?.bytes.toString(), 'two\n');
    assert.equal(walk.next(), undefined);
  }));

test('archives of other compressors are reported, never passed over in silence', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.kill();
    fs.unlinkSync(stage.live);
    fs.writeFileSync(`${stage.live}.1.zst`, 'packed');
    stage.write('two\n');
    stage.start();
    assert.equal(stage.look(), 'two\n');
    assert.match(stage.sentences.join('\n'), /app\.log\.1\.zst was never read and cannot be unpacked/);
    assert.equal(stage.losses[0]?.cause, 'unreadable');
  }));

/** Packs a rotated file as xz and zstd do: into another file with the same time of change, whose bytes tell nothing here. */
function pack(stage: Scene, name: string, to: string): void {
  const { mtimeMs } = fs.statSync(`${stage.folder}/${name}`);
  fs.writeFileSync(`${stage.folder}/${to}`, 'packed');
  fs.utimesSync(`${stage.folder}/${to}`, mtimeMs / 1000, mtimeMs / 1000);
  fs.unlinkSync(`${stage.folder}/${name}`);
}

test('an archive of another compressor whose lines were read is no loss', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    stage.rename('app.log.1');
    const late = fs.openSync(`${stage.folder}/app.log.1`, 'a');
    pack(stage, 'app.log.1', 'app.log.1.xz');
    fs.writeSync(late, 'late\n');
    fs.closeSync(late);
    stage.write('three\n');
    assert.equal(stage.look(), 'two\nlate\nthree\n');
    stage.rename('app.log.2.xz', 'app.log.1.xz');
    stage.rename('app.log.1');
    pack(stage, 'app.log.1', 'app.log.1.xz');
    stage.write('four\n');
    assert.equal(stage.look(), 'four\n');
    assert.deepEqual(stage.losses, []);
    assert.doesNotMatch(stage.sentences.join('\n'), /never read/);
  }));

test('an archive that cannot be unpacked counts as lost once, whatever it is renamed to', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    fs.unlinkSync(stage.live);
    stage.write('packed', 'app.log.1.xz');
    stage.write('two\n');
    stage.look();
    stage.rename('app.log.2.xz', 'app.log.1.xz');
    fs.unlinkSync(stage.live);
    stage.write('packed too', 'app.log.1.xz');
    stage.write('three\n');
    stage.look();
    assert.deepEqual(
      stage.losses.map(({ to }) => to),
      [6, 10],
    );
  }));

test('a damaged archive gives what can be unpacked, is reported, and holds nothing else back', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.kill();
    stage.write('two\n');
    stage.rename('app.log.2');
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${(i * 7919) % 1_000_003}\n`).join('');
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(lines).subarray(0, 60_000));
    stage.write('three\n');
    stage.start();
    let text = '';
    while (!text.endsWith('three\n')) text += await stage.until(1);
    assert.ok(text.startsWith('two\n0 0\n1 7919\n'));
    assert.match(stage.sentences.join('\n'), /app\.log\.1\.gz cannot be read behind byte \d+: the archive is damaged/);
    assert.equal(stage.losses[0]?.cause, 'unreadable');
  }));

test('a chain of a glob whose live file is gone at the start is read to its end all the same', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.kill();
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read(), 'one\n');
    stage.kill();
    stage.write('two\n');
    stage.rename('app.log-20261123');
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read() + stage.look(), 'two\n');
  }));
