import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { scene } from './scene.ts';
import { tick } from './ticks.ts';

test('a truncated file that was read to its end loses nothing, and what follows is a new generation that names the old one', () =>
  scene({ before: { 'app.log': 'one\ntwo\n' } }, (stage) => {
    stage.reader.read();
    fs.truncateSync(stage.live, 0);
    stage.write('new\n');
    assert.equal(stage.look(), 'new\n');
    const [old, fresh] = stage.reader.opened;
    assert.notEqual(fresh!.gen, old!.gen);
    assert.deepEqual(fresh!.after, { file: old!.file, gen: old!.gen, end: 8, skip: 0 });
    assert.deepEqual(stage.losses, []);
  }));

test('a truncation takes what was seen and not read: its bytes are counted as lost', () =>
  scene({ before: { 'app.log': 'one\ntwo\n' } }, (stage) => {
    stage.reader.read();
    stage.write('three\n');
    stage.clock.advance(1000);
    fs.truncateSync(stage.live, 0);
    assert.equal(stage.look(), '');
    const path = stage.live;
    assert.deepEqual(stage.losses, [{ input: 'app', file: 1, path, from: 8, to: 14, cause: 'truncated' }]);
    stage.write('new\n');
    assert.equal(stage.look(), 'new\n');
  }));

test('a file truncated and refilled to a larger size before anyone looks is recognised', () =>
  scene({ before: { 'app.log': 'one\ntwo\n' } }, (stage) => {
    stage.reader.read();
    fs.writeFileSync(stage.live, 'quite another beginning\nand more\n');
    assert.equal(stage.look(), 'quite another beginning\nand more\n');
    assert.equal(stage.reader.opened.length, 2);
  }));

test('a large file truncated and refilled with the same head is recognised by the bytes before the offset', () => {
  const head = `${'the same banner at every start '.repeat(50)}\n`;
  return scene({ before: { 'app.log': `${head}first life\n` } }, (stage) => {
    assert.equal(stage.reader.read(), `${head}first life\n`);
    fs.writeFileSync(stage.live, `${head}second life, longer\n`);
    assert.equal(stage.look(), `${head}second life, longer\n`);
    assert.match(stage.sentences.join('\n'), /bytes before offset \d+ are not those that were there/);
  });
});

test('a file refilled beyond its old size and emptied again before it was read does not count its new bytes as the old ones', () => {
  const old = `${'o'.repeat(2000)}\n`;
  return scene({ before: { 'app.log': old } }, (stage) => {
    stage.reader.read();
    fs.copyFileSync(stage.live, `${stage.live}.2`);
    fs.writeFileSync(stage.live, `${'n'.repeat(3000)}\n`);
    stage.clock.advance(1000);
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    assert.equal(stage.look(), `${'n'.repeat(3000)}\n`);
    assert.deepEqual(stage.losses, []);
  });
});

test('a file truncated for the second time is not taken for the copy of what it held before: nothing counts as lost', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    fs.truncateSync(stage.live, 0);
    stage.write('two and some more\n');
    assert.equal(stage.look(), 'two and some more\n');
    fs.copyFileSync(stage.live, `${stage.live}-20261121`);
    fs.truncateSync(stage.live, 0);
    stage.write('three, which is longer than all that was before\n');
    stage.rename('app.log-20261122');
    stage.write('four\n');
    assert.equal(stage.look(), 'three, which is longer than all that was before\nfour\n');
    assert.deepEqual(stage.losses, []);
  }));

test('a file rewritten to the very same size is recognised', () =>
  scene({ before: { 'app.log': 'aaaa\n' } }, (stage) => {
    stage.reader.read();
    fs.writeFileSync(stage.live, 'bbbb\n');
    fs.utimesSync(stage.live, new Date(), new Date(Date.now() + 5000));
    assert.equal(stage.look(), 'bbbb\n');
  }));

test('an unread half line that was overwritten is lost and counted', () =>
  scene({ before: { 'app.log': 'hal' } }, (stage) => {
    assert.equal(stage.reader.read(), '');
    fs.writeFileSync(stage.live, 'other\n');
    assert.equal(stage.look(), 'other\n');
    assert.deepEqual([stage.losses[0]?.from, stage.losses[0]?.to], [0, 3]);
  }));

test('copytruncate: what was unread is taken from the copy, in order, before the new content', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\nthree\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('new\n');
    assert.equal(stage.look(), 'two\nthree\nnew\n');
    assert.deepEqual(stage.losses, []);
  }));

test('copytruncate twice between two looks: the unread rest, the copy between and the new content come in order', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('three\n');
    fs.renameSync(`${stage.live}.1`, `${stage.live}.2`);
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('four\n');
    assert.equal(stage.look(), 'two\nthree\nfour\n');
  }));

test('copytruncate with compression: the unread rest is taken from the archive', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.write('two\nthree\n');
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
    fs.truncateSync(stage.live, 0);
    stage.write('new\n');
    assert.equal(await stage.until(14), 'two\nthree\nnew\n');
    assert.deepEqual(stage.losses, []);
  }));

test('a copy that was taken before the last lines were written gives nothing twice', () =>
  scene({ before: { 'app.log': `${'o'.repeat(2000)}\n` } }, (stage) => {
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    stage.write('two\n');
    assert.equal(stage.look().slice(-6), 'o\ntwo\n');
    fs.truncateSync(stage.live, 0);
    stage.write('new\n');
    assert.equal(stage.look(), 'new\n');
  }));

test('copytruncate while the agent was away: the rest of the copy, then the new content', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.kill();
    stage.write('two\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('n\n');
    stage.start();
    assert.equal(stage.look(), 'two\nn\n');
  }));

test('an editor that saves by renaming a new file into place goes on where the old one was read to', () => {
  const long = `${'a line of some length, so that there is proof enough '.repeat(40)}\n`;
  return scene({ before: { 'app.log': long } }, (stage) => {
    stage.reader.read();
    fs.writeFileSync(`${stage.folder}/new`, `${long}added\n`);
    stage.tail.close();
    stage.kill();
    fs.renameSync(`${stage.folder}/new`, stage.live);
    stage.start();
    assert.equal(stage.look(), 'added\n');
  });
});

test('the hole of NUL bytes that a writer leaves after copytruncate is passed over and counted as skipped', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    const fd = fs.openSync(stage.live, 'r+');
    fs.truncateSync(stage.live, 0);
    stage.look();
    fs.writeSync(fd, 'two\n', 3_000_000);
    fs.closeSync(fd);
    assert.equal(stage.look(), 'two\n');
    const [gap, line] = stage.reader.chunks.slice(-2);
    assert.deepEqual([gap!.start, gap!.end, gap!.bytes.length], [0, 3_000_000, 0]);
    assert.equal(line!.start, 3_000_000);
  }));

test('a file that was truncated, refilled beyond its old size, packed and unlinked between two looks counts nothing as lost', () =>
  scene({ before: { 'app.log': 'old one\n' } }, async (stage) => {
    assert.equal(stage.reader.read(), 'old one\n');
    fs.truncateSync(stage.live, 0);
    stage.write('new one\nnew two\n');
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
    fs.unlinkSync(stage.live);
    stage.write('three\n');
    assert.equal(await stage.until(22), 'new one\nnew two\nthree\n');
    assert.deepEqual(stage.losses, []);
  }));

test('the same where not a byte of it was read: what was seen of the old content is lost, and no more', () =>
  scene({ before: { 'app.log': 'old one\n' } }, async (stage) => {
    fs.truncateSync(stage.live, 0);
    stage.write('new one\nnew two\n');
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
    fs.unlinkSync(stage.live);
    stage.write('three\n');
    assert.equal(await stage.until(22), 'new one\nnew two\nthree\n');
    assert.equal(
      stage.losses.reduce((sum, { from, to }) => sum + to - from, 0),
      8,
    );
  }));

test('a look between the copy and the truncation takes the copy for what it is, also at first sight', () =>
  scene({ start: false, input: { start: 'oldest' } }, async (stage) => {
    stage.write('one\ntwo\n');
    await tick(stage.folder);
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    stage.write('three\n');
    stage.start();
    assert.equal(stage.look(), 'one\ntwo\nthree\n');
    fs.truncateSync(stage.live, 0);
    stage.write('n\n');
    assert.equal(stage.look(), 'n\n');
    assert.deepEqual(stage.losses, []);
  }));

test('an old file that holds what the live one begins with is no copy of it, for it was born before', () =>
  scene({ start: false, input: { start: 'oldest' } }, async (stage) => {
    stage.write('started\n', 'app.log.1');
    await tick(stage.folder);
    stage.write('started\nworking\n');
    stage.start();
    assert.equal(stage.look(), 'started\nstarted\nworking\n');
  }));

for (const away of [false, true]) {
  test(`a copy that lacks the last lines that were read is not read again when it is renamed${away ? ' while the agent is away' : ''}`, () =>
    scene({ before: { 'app.log': 'one\n' } }, (stage) => {
      stage.reader.read();
      fs.copyFileSync(stage.live, `${stage.live}.1`);
      stage.write('two, which is in no copy\n');
      assert.equal(stage.look(), 'two, which is in no copy\n');
      fs.truncateSync(stage.live, 0);
      assert.equal(stage.look(), '');
      if (away) stage.kill();
      stage.write('n\n');
      stage.rename('app.log.2', 'app.log.1');
      stage.rename('app.log.1');
      stage.write('m\n');
      if (away) stage.start();
      assert.equal(stage.pass(20_000), 'n\nm\n');
      assert.deepEqual(stage.losses, []);
    }));
}

test('lines between the copy and the truncation that nobody read are lost, and their bytes are the number that is counted', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    stage.write('three\nfour\n');
    stage.clock.advance(1000);
    fs.truncateSync(stage.live, 0);
    stage.write('n\n');
    assert.equal(stage.look(), 'two\nn\n');
    assert.deepEqual(
      stage.losses.map(({ from, to, cause }) => [from, to, cause]),
      [[8, 19, 'truncated']],
    );
  }));

test('what an editor saved, and was copied and truncated before anyone looked, is read from the copy', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    fs.writeFileSync(`${stage.folder}/new`, 'one\ntwo\n');
    fs.renameSync(`${stage.folder}/new`, stage.live);
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('three\n');
    assert.equal(stage.look(), 'two\nthree\n');
    assert.deepEqual(stage.losses, []);
  }));
