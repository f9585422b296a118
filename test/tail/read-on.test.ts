import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import type { WatchParts } from '../../agent/tail/watch.ts';
import { type Scene, scene } from './scene.ts';

/** A stage on which the test says what the system tells of, with the names of the calls that were made on the live file. */
function heard(
  before: Readonly<Record<string, string>>,
  story: (stage: Scene, tell: (name?: string, written?: boolean) => void, calls: () => string[]) => void,
): Promise<void> {
  let watch: WatchParts | undefined;
  const made: string[] = [];
  const files: Files = {
    ...realFiles,
    stat(path) {
      if (path.endsWith('app.log')) made.push('stat');
      return realFiles.stat(path);
    },
    read(fd, into, position) {
      made.push('read');
      return realFiles.read(fd, into, position);
    },
  };
  const options = {
    ...{ files, before, input: { watch: 'auto', poll: 3_600_000 } as const },
    watch(parts: WatchParts) {
      watch = parts;
      return { directories() {}, hears: () => false, async close() {} };
    },
  };
  return scene(options, (stage) => {
    stage.reader.read();
    made.length = 0;
    story(
      stage,
      (name = 'app.log', written = false) => watch!.hint(`${stage.folder}/${name}`, written),
      () => made.splice(0),
    );
  });
}

test('a live file of which an event tells is read on first and looked at afterwards, and then not read again', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell, calls) => {
    stage.write('two\n');
    const wakes = stage.wakes();
    tell();
    assert.ok(stage.wakes() > wakes, 'whoever reads is woken');
    assert.deepEqual(calls(), []);
    assert.equal(stage.reader.read(), 'two\n');
    assert.ok(!calls().includes('stat'));
    stage.clock.advance(0);
    assert.ok(calls().includes('stat'), 'the look comes after it');
    assert.equal(stage.reader.walk.status()[0]?.size, 8);
    calls();
    assert.equal(stage.reader.read(), '');
    assert.deepEqual(calls(), [], 'all of it was read');
  }));

test('lines that were read to the end of the file are read with one read, and a half line behind them is asked for again', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell, calls) => {
    stage.write('two\n');
    tell();
    assert.deepEqual([stage.reader.read(), calls()], ['two\n', ['read']]);
    stage.pass(1000);
    calls();
    stage.write('three\nfo');
    tell();
    assert.deepEqual([stage.reader.read(), calls()], ['three\n', ['read', 'read']]);
    stage.write('ur\n');
    tell();
    assert.equal(stage.pass(1000), 'four\n');
  }));

test('what comes between the reading and the look is read after the look', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell) => {
    stage.write('two\n');
    tell();
    assert.equal(stage.reader.read(), 'two\n');
    stage.write('three\nfo');
    tell();
    assert.equal(stage.pass(1000), 'three\n');
    stage.write('ur\n');
    tell();
    assert.equal(stage.pass(1000), 'four\n');
  }));

test('events that follow close on a look are gathered, and lead to one look', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell, calls) => {
    tell();
    stage.reader.read();
    stage.clock.advance(0);
    calls();
    stage.write('two\n');
    for (let i = 0; i < 10; i += 1) tell();
    assert.deepEqual([stage.reader.read(), calls()], ['', []]);
    stage.clock.advance(5);
    assert.equal(calls().filter((call) => call === 'stat').length, 1);
    assert.equal(stage.reader.read(), 'two\n');
  }));

test('a file that was truncated and refilled before its event is read from its beginning, and its copy to its end', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell) => {
    stage.write('two\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.writeFileSync(stage.live, 'three, which is longer than what it was\n');
    tell();
    assert.equal(stage.reader.read() + stage.pass(1000), 'two\nthree, which is longer than what it was\n');
    assert.deepEqual(stage.losses, []);
  }));

test('a file that was renamed before its event is read to its end, and its successor from the beginning', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell) => {
    stage.write('two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    tell();
    assert.equal(stage.reader.read(), 'two\n');
    assert.equal(stage.pass(1000), 'three\n');
  }));

test('a file that has rested is looked at first, for the year of its lines is that of its last change', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell, calls) => {
    stage.clock.jump(120_000);
    stage.write('two\n');
    tell();
    assert.equal(calls()[0], 'stat');
    assert.equal(stage.reader.read(), 'two\n');
    assert.equal(stage.reader.chunks.at(-1)?.modified, fs.statSync(stage.live).mtimeMs);
  }));

test('a file whose last change lies ahead of the clock is looked at first too', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell, calls) => {
    stage.clock.jump(-120_000);
    stage.write('two\n');
    tell();
    assert.equal(calls()[0], 'stat');
    assert.equal(stage.reader.read(), 'two\n');
  }));

test('a file of which no byte was seen, and one that is rotated, are looked at first', () =>
  heard({ 'app.log': '' }, (stage, tell, calls) => {
    stage.write('one\n');
    tell();
    assert.equal(calls()[0], 'stat');
    assert.equal(stage.reader.read(), 'one\n');
    stage.clock.advance(1000);
    calls();
    stage.rename('app.log.1');
    tell('app.log.1');
    assert.equal(calls()[0], 'stat');
  }));

test('a live file that is written to and nothing else is read on at each event, and looked at ten times a second', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell, calls) => {
    let looks = 0;
    for (let n = 0; n < 50; n += 1) {
      stage.write(`${n}\n`);
      tell('app.log', true);
      assert.equal(stage.reader.read(), `${n}\n`);
      stage.clock.advance(10);
      looks += calls().filter((call) => call === 'stat').length;
    }
    assert.ok(looks >= 5 && looks <= 6, `${looks} looks`);
  }));

test('writes that follow close on each other are read together', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell) => {
    tell('app.log', true);
    stage.clock.advance(0);
    stage.reader.read();
    for (const text of ['two\n', 'three\n']) {
      stage.write(text);
      tell('app.log', true);
    }
    assert.equal(stage.reader.read(), '');
    stage.clock.advance(5);
    assert.equal(stage.reader.read(), 'two\nthree\n');
  }));

test('a rotation among writes is looked into at once', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell, calls) => {
    stage.write('two\n');
    tell('app.log', true);
    stage.clock.advance(20);
    stage.write('three\n');
    tell('app.log', true);
    assert.equal(stage.reader.read(), 'two\nthree\n');
    stage.clock.advance(20);
    calls();
    stage.rename('app.log.1');
    stage.write('four\n');
    tell('app.log.1');
    assert.ok(calls().includes('stat'));
    assert.equal(stage.reader.read(), 'four\n');
  }));

test('a copy and truncation among writes is read on from the beginning, though no look came between', () =>
  heard({ 'app.log': 'one\n' }, (stage, tell) => {
    stage.write('two\n');
    tell('app.log', true);
    stage.clock.advance(20);
    assert.equal(stage.reader.read(), 'two\n');
    stage.write('three\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.writeFileSync(stage.live, 'four, which is longer than all before it\n');
    tell('app.log', true);
    assert.equal(stage.reader.read() + stage.pass(1000), 'three\nfour, which is longer than all before it\n');
    assert.deepEqual(stage.losses, []);
  }));
