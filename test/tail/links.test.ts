import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { realFiles } from '../../agent/tail/files.ts';
import { type Scene, scene } from './scene.ts';

const GLOB = { start: false, before: { 'app.log': 'one\n' } };
const start = (stage: Scene): void => stage.start({ paths: [`${stage.folder}/*.log`] });
/** A second name that sorts before the first one, and one that sorts behind it. */
const NAMES = ['app-keep.log', 'keep.log'];
const link = (stage: Scene, name: string): void => fs.linkSync(stage.live, `${stage.folder}/${name}`);
const again = (stage: Scene): void => {
  stage.kill();
  start(stage);
};

for (const name of NAMES) {
  test(`a second name that a file gets while it is followed is read once, also after a restart (${name})`, () =>
    scene(GLOB, (stage) => {
      start(stage);
      assert.equal(stage.look(), 'one\n');
      link(stage, name);
      assert.equal(stage.look(), '');
      again(stage);
      assert.equal(stage.look(), '');
      stage.write('two\n', name);
      assert.equal(stage.look() + stage.look(), 'two\n');
    }));

  for (const how of ['running', 'away']) {
    test(`a file whose first name is removed is read on under its second one, from where it was read to (${name}, the agent is ${how})`, () =>
      scene(GLOB, (stage) => {
        start(stage);
        stage.look();
        link(stage, name);
        stage.look();
        stage.write('two\n');
        stage.clock.advance(1000);
        if (how === 'away') stage.kill();
        fs.unlinkSync(stage.live);
        if (how === 'away') start(stage);
        assert.equal(stage.pass(10_000), 'two\n');
        stage.write('three\n', name);
        assert.equal(stage.pass(10_000), 'three\n');
        const { offset, skip } = stage.reader.opened.at(-1)!;
        // A running agent reads it on through the file that it has open.
        const passed = how === 'away' ? 'one\n'.length : 0;
        assert.deepEqual([offset, skip], [passed, passed], 'what was shipped under the old name is passed over');
        again(stage);
        stage.write('four\n', name);
        stage.rename(`${name}.1`, name);
        stage.write('five\n', name);
        assert.equal(stage.pass(10_000), 'four\nfive\n');
        assert.deepEqual(stage.losses, []);
        assert.doesNotMatch(stage.sentences.join('\n'), / is gone | are lost/);
      }));

    test(`a file that is renamed to another name of the glob is read on there, from where it was read to (${name}, the agent is ${how})`, () =>
      scene(GLOB, (stage) => {
        start(stage);
        stage.look();
        if (how === 'away') stage.kill();
        stage.rename(name);
        stage.write('new\n');
        if (how === 'away') start(stage);
        assert.equal(stage.pass(10_000), 'new\n');
        stage.write('late\n', name);
        assert.equal(stage.pass(10_000), 'late\n');
        again(stage);
        assert.equal(stage.pass(10_000), '');
        assert.deepEqual(stage.losses, []);
      }));

    test(`a file with two names that is rotated under one of them is read once (${name}, the agent is ${how})`, () =>
      scene(GLOB, (stage) => {
        start(stage);
        stage.look();
        link(stage, name);
        stage.look();
        if (how === 'away') stage.kill();
        stage.rename('app.log.1');
        stage.write('new\n');
        if (how === 'away') start(stage);
        assert.equal(stage.pass(10_000), 'new\n');
        stage.write('late\n', name);
        assert.equal(stage.pass(20_000), 'late\n');
        fs.unlinkSync(`${stage.live}.1`);
        assert.equal(stage.pass(20_000), '');
        stage.write('later\n', name);
        assert.equal(stage.pass(20_000), 'later\n');
        assert.deepEqual(stage.losses, []);
      }));

    test(`a file with two names of which one is rotated and packed is read once (${name}, the agent is ${how})`, () =>
      scene(GLOB, async (stage) => {
        start(stage);
        stage.look();
        link(stage, name);
        stage.look();
        if (how === 'away') stage.kill();
        stage.write('two\n');
        fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
        fs.unlinkSync(stage.live);
        stage.write('new\n');
        if (how === 'away') start(stage);
        assert.equal((await stage.until(8)) + stage.pass(20_000), 'two\nnew\n');
        stage.write('late\n', name);
        assert.equal(stage.pass(20_000), 'late\n');
        assert.deepEqual(stage.losses, []);
      }));
  }

  test(`a file that has two names at the start is read once, whichever of them goes (${name})`, () =>
    scene(GLOB, (stage) => {
      link(stage, name);
      start(stage);
      assert.equal(stage.look(), 'one\n');
      again(stage);
      assert.equal(stage.look(), '');
      fs.unlinkSync(`${stage.folder}/${name === NAMES[0] ? name : 'app.log'}`);
      assert.equal(stage.pass(10_000), '');
      stage.write('two\n', name === NAMES[0] ? 'app.log' : name);
      assert.equal(stage.pass(10_000), 'two\n');
    }));
}

test('with start = oldest, a file that was read under another name is not read again when it is rotated', () =>
  scene(GLOB, (stage) => {
    stage.start({ paths: [`${stage.folder}/*.log`], start: 'oldest' });
    stage.look();
    stage.rename('keep.log');
    stage.look();
    stage.rename('keep.log.1', 'keep.log');
    stage.write('new\n', 'keep.log');
    stage.write('late\n', 'keep.log.1');
    assert.deepEqual(stage.pass(10_000).split('\n').sort(), ['', 'late', 'new']);
  }));

test('what is unread of a file that got another name and was then rotated while the agent was away is read, and does not count as lost', () =>
  scene(GLOB, (stage) => {
    start(stage);
    stage.look();
    stage.rename('keep.log');
    stage.write('two\n', 'keep.log');
    stage.clock.advance(1000);
    stage.kill();
    stage.rename('keep.log.1', 'keep.log');
    stage.write('three\n', 'keep.log');
    stage.write('four\n');
    start(stage);
    assert.deepEqual(stage.pass(10_000).split('\n').sort(), ['', 'four', 'three', 'two']);
    assert.deepEqual(stage.losses, []);
    assert.doesNotMatch(stage.sentences.join('\n'), / is gone | are lost/);
  }));

test('what is unread of the rotated file of a chain is read though its live path is a second name of another file at the start', () =>
  scene(GLOB, (stage) => {
    stage.write('other\n', 'aaa.log');
    start(stage);
    stage.look();
    stage.write('two\n');
    stage.kill();
    stage.rename('app.log.1');
    fs.linkSync(`${stage.folder}/aaa.log`, stage.live);
    start(stage);
    assert.equal(stage.pass(10_000), 'two\n');
  }));

test('an empty file that is renamed to another name of the glob is read there', () =>
  scene(GLOB, (stage) => {
    start(stage);
    stage.look();
    stage.rename('app.log.1');
    stage.write('');
    stage.look();
    stage.rename('keep.log');
    stage.write('new\n');
    assert.equal(stage.pass(10_000), 'new\n');
    stage.rename('app.log.2');
    assert.equal(stage.pass(10_000), '');
    stage.write('one\n', 'keep.log');
    assert.equal(stage.pass(10_000), 'one\n');
  }));

test('lines on their way to a slow server are not read again when their file goes on under another name', () =>
  scene(GLOB, (stage) => {
    start(stage);
    stage.look();
    stage.write('two\n');
    stage.clock.advance(1000);
    assert.equal(stage.reader.read({ settle: false }), 'two\n');
    stage.rename('keep.log');
    stage.write('new\n');
    let text = '';
    for (let i = 0; i < 20; i += 1) {
      stage.clock.advance(1000);
      text += stage.reader.read({ settle: false });
    }
    assert.equal(text, 'new\n');
    fs.unlinkSync(stage.live);
    for (let i = 0; i < 20; i += 1) {
      stage.clock.advance(1000);
      assert.equal(stage.reader.read({ settle: false }), '');
    }
    stage.write('three\n', 'keep.log');
    stage.reader.settle();
    assert.equal(stage.pass(10_000), 'three\n');
  }));

for (const [what, content, younger] of [
  ['is younger', 'one\nand more\n', true],
  ['has other bytes before the offset', 'quite another one\n', false],
] as const) {
  test(`a file that has the inode number of one known under another name and ${what} is read from its start`, () =>
    scene(GLOB, (stage) => {
      start(stage);
      stage.look();
      stage.kill();
      fs.writeFileSync(`${stage.folder}/keep.log`, content);
      const { ino, birth } = realFiles.stat(`${stage.folder}/keep.log`)!;
      const { file, clues } = stage.registry.rows[0]!;
      stage.registry.update(file, { clues: { ...clues, ino, birth: younger ? birth - 1 : birth } });
      fs.unlinkSync(stage.live);
      start(stage);
      assert.equal(stage.pass(5000), content);
      assert.equal(stage.registry.rows.length, 2);
    }));
}

test('a file that is brought back under another name of the glob, long after it was lost sight of, is not read again', () =>
  scene(GLOB, (stage) => {
    start(stage);
    stage.look();
    stage.rename('away.txt');
    stage.write('two\n');
    assert.equal(stage.pass(10_000), 'two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    assert.equal(stage.pass(10_000), 'three\n');
    stage.clock.jump(3_600_000);
    stage.rename('back.log', 'away.txt');
    stage.write('four\n', 'back.log');
    assert.equal(stage.pass(10_000), 'four\n');
  }));
