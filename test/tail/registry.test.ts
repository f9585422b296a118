import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from './scene.ts';

test('a registry that refuses for a while, as on a full disk, ends nothing and loses nothing', () =>
  scene({ before: { 'app.log': 'one\n' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    const { add } = stage.registry;
    stage.registry.add = () => {
      throw new Error('The disk is full.');
    };
    stage.write('two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    const early = stage.look() + stage.look();
    assert.ok(stage.sentences.some((sentence) => sentence.includes('The disk is full. It is tried again')));
    stage.registry.add = add;
    assert.equal(early + stage.look() + stage.look(), 'two\nthree\n');
  }));
