import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { scene } from './scene.ts';

test('lines are given out in order as they are written, each once', () =>
  scene({ before: { 'app.log': 'one\ntwo\n' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\ntwo\n');
    assert.equal(stage.look(), '');
    stage.write('three\n');
    assert.equal(stage.look(), 'three\n');
    assert.equal(stage.reader.opened.length, 1);
  }));

test('a renamed file is read to its end before the new one is read from its start', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    stage.write('two\n');
    stage.rename('app.log-20261123');
    stage.write('late\n', 'app.log-20261123');
    stage.write('new\n');
    assert.equal(stage.look(), 'two\nlate\nnew\n');
    const [old, fresh] = stage.reader.opened;
    assert.equal(fresh!.path, stage.live);
    assert.deepEqual(fresh!.after && { ...fresh!.after, skip: 0 }, {
      file: old!.file,
      gen: old!.gen,
      end: 13,
      skip: 0,
    });
  }));

test('a file rotated to .1 and then to .2 between two looks is found, and so is the one between', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    stage.rename('app.log.2', 'app.log.1');
    stage.rename('app.log.1');
    stage.write('four\n');
    assert.equal(stage.look(), 'two\nthree\nfour\n');
  }));

test('a late writer of the renamed file and the new file are both followed until the old one was quiet for close_after', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('new 1\n');
    assert.equal(stage.look(), 'new 1\n');
    stage.write('late 1\n', 'app.log.1');
    stage.write('new 2\n');
    assert.deepEqual(stage.look().split('\n').sort(), ['', 'late 1', 'new 2']);
    stage.pass(3000);
    stage.write('late 2\n', 'app.log.1');
    assert.equal(stage.look(), 'late 2\n');
    assert.deepEqual(stage.reader.closed, []);
    stage.pass(6000);
    assert.deepEqual(stage.reader.closed, [stage.reader.opened[0]!.file]);
  }));

test('bytes that come after a renamed file was let go are found at the next rotation', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.pass(10_000);
    assert.equal(stage.reader.closed.length, 1);
    stage.write('very late\n', 'app.log.1');
    stage.rename('app.log.2', 'app.log.1');
    stage.rename('app.log.1');
    stage.write('three\n');
    assert.deepEqual(stage.look().split('\n').sort(), ['', 'three', 'very late']);
  }));

test('a worker that writes to the old file long after the rotation is heard within seconds', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.pass(600_000);
    assert.equal(stage.reader.closed.length, 1);
    stage.write('very late\n', 'app.log.1');
    assert.equal(stage.pass(16_000), 'very late\n');
    stage.write('later\n', 'app.log.1');
    assert.equal(stage.look(), 'later\n');
    assert.equal(stage.pass(60_000), '');
  }));

test('a worker that writes to an old file is heard though a younger one is still read', () =>
  scene({ before: { 'app.log': 'one\n' }, destinations: ['server', 'other'] }, (stage) => {
    stage.reader.read();
    stage.readers[1]!.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.pass(10_000);
    stage.readers[1]!.read();
    stage.rename('app.log.2', 'app.log.1');
    stage.rename('app.log.1');
    // The other destination is away: it reads no more, and so holds the younger one open.
    stage.write('three\n');
    stage.pass(30_000);
    assert.equal(stage.reader.closed.length, 2);
    stage.write('very late\n', 'app.log.2');
    assert.equal(stage.pass(16_000), 'very late\n');
  }));

test('an unterminated last line holds the new file back until its newline comes', () =>
  scene({ before: { 'app.log': 'one\nhal' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    stage.rename('app.log.1');
    stage.write('new\n');
    assert.equal(stage.look(), '');
    assert.equal(stage.reader.walk.status()[0]!.state, 'held half line');
    stage.write('f\n', 'app.log.1');
    assert.equal(stage.look(), 'half\nnew\n');
  }));

test('an unterminated last line of a renamed file ships as a line after close_after at most', () =>
  scene({ before: { 'app.log': 'one\nhal' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('new\n');
    assert.equal(stage.pass(5000), '');
    assert.equal(stage.pass(2000), 'halnew\n');
    const chunk = stage.reader.chunks[1]!;
    assert.deepEqual([chunk.start, chunk.end, chunk.bytes.toString()], [4, 7, 'hal']);
  }));

test('a deleted file that is still open is read to its end, then let go', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    const fd = fs.openSync(stage.live, 'a');
    fs.unlinkSync(stage.live);
    fs.writeSync(fd, 'two\nunfinished');
    assert.equal(stage.look(), 'two\n');
    fs.closeSync(fd);
    assert.equal(stage.pass(7000), 'unfinished');
    assert.deepEqual(stage.reader.closed, [1]);
    assert.deepEqual(stage.losses, []);
    stage.write('new\n');
    assert.equal(stage.look(), 'new\n');
  }));

test('a renamed file without a successor is followed as long as it takes', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.pass(60_000);
    stage.write('two\nthr', 'app.log.1');
    assert.equal(stage.look(), 'two\n');
    assert.equal(stage.reader.walk.status()[0]!.state, 'held half line');
    stage.pass(60_000);
    stage.write('ee\n', 'app.log.1');
    assert.equal(stage.look(), 'three\n');
  }));

test('next(leaving) gives only what is no longer the live file', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.rename('app.log.1');
    stage.write('new\n');
    stage.clock.advance(1000);
    assert.equal(stage.reader.read({ only: 'leaving' }), 'one\n');
    assert.equal(stage.reader.read({ only: 'leaving' }), '');
    assert.equal(stage.reader.read(), 'new\n');
  }));

test('each destination reads at its own pace, and a deleted file waits for the slower one', () =>
  scene({ before: { 'app.log': 'one\n' }, destinations: ['fast', 'slow'] }, (stage) => {
    const [fast, slow] = stage.readers;
    assert.equal(fast!.read(), 'one\n');
    fs.unlinkSync(stage.live);
    stage.write('two\n');
    stage.clock.advance(20_000);
    assert.equal(fast!.read(), 'two\n');
    stage.clock.advance(20_000);
    assert.equal(fast!.read(), '');
    assert.deepEqual(fast!.closed, [1]);
    assert.equal(slow!.read(), 'one\ntwo\n');
    assert.deepEqual(stage.losses, []);
  }));

test('behind an empty generation the next one names the last that held anything', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log-20261121');
    stage.write('');
    stage.look();
    stage.rename('app.log-20261122');
    stage.write('two\n');
    assert.equal(stage.look(), 'two\n');
    const [old, fresh] = stage.reader.opened;
    assert.equal(fresh!.after?.file, old!.file);
    assert.equal(fresh!.after?.end, 4);
  }));
