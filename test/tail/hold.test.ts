import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { scene } from './scene.ts';

test('deleted files above hold_size are let go, the oldest first, and what was unread of them is counted as lost', () =>
  scene({ before: { 'app.log': `${'o'.repeat(99)}\n` }, input: { holdSize: 250 } }, (stage) => {
    const replace = (letter: string): void => {
      fs.unlinkSync(stage.live);
      stage.write(`${letter.repeat(99)}\n`);
      stage.clock.advance(1000);
    };
    replace('p');
    replace('q');
    assert.deepEqual(stage.losses, []);
    replace('r');
    assert.deepEqual(
      stage.losses.map(({ file, from, to, cause }) => [file, from, to, cause]),
      [[1, 0, 100, 'deleted']],
    );
    assert.match(stage.sentences.join('\n'), /deleted files take 300.*, more than hold_size = 250/);
    assert.equal(stage.look(), ['p', 'q', 'r'].map((letter) => `${letter.repeat(99)}\n`).join(''));
    assert.equal(stage.losses.length, 1);
  }));

test('a deleted file is let go after hold_age, and its space comes back', () =>
  scene({ before: { 'app.log': 'one\ntwo\n' }, input: { holdAge: 10_000 } }, (stage) => {
    fs.unlinkSync(stage.live);
    stage.clock.advance(9000);
    assert.deepEqual(stage.losses, []);
    stage.clock.advance(3000);
    assert.deepEqual(
      stage.losses.map(({ from, to, cause }) => [from, to, cause]),
      [[0, 8, 'deleted']],
    );
    assert.deepEqual(stage.reader.walk.status(), [], 'what is lost waits no more');
    assert.equal(stage.look(), '');
    assert.equal(
      openFiles().some((file) => file.startsWith(stage.live)),
      false,
    );
  }));

function openFiles(): string[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return [];
    }
  });
}

test('without hold_size and hold_age a deleted file is held until it is read', () =>
  scene({ before: { 'app.log': 'one\ntwo\n' } }, (stage) => {
    fs.unlinkSync(stage.live);
    stage.clock.advance(1_000_000);
    assert.equal(stage.look(), 'one\ntwo\n');
  }));
