import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from './scene.ts';

test('once reads to the end as found at the start, an unterminated last line too, then is finished', () =>
  scene({ before: { 'app.log': 'one\ntwo' }, once: true }, (stage) => {
    assert.equal(stage.reader.walk.finished(), false);
    assert.equal(stage.reader.read(), 'one\ntwo');
    assert.equal(stage.reader.walk.finished(), true);
    stage.write('three\n');
    assert.equal(stage.look(), '');
    assert.equal(stage.reader.walk.finished(), true);
  }));

test('once with nothing to read is finished at once', () =>
  scene({ once: true }, (stage) => {
    assert.equal(stage.reader.read(), '');
    assert.equal(stage.reader.walk.finished(), true);
  }));

test('once does not read a file that a rotation makes while it runs', () =>
  scene({ before: { 'app.log': 'one\n' }, once: true }, (stage) => {
    stage.rename('app.log.1');
    stage.write('two\n');
    assert.equal(stage.look(), 'one\n');
    assert.equal(stage.reader.walk.finished(), true);
  }));

test('after an unterminated line was shipped by once, the next run goes on in the middle of it', () =>
  scene({ before: { 'app.log': 'one\ntwo' }, once: true }, (stage) => {
    assert.equal(stage.reader.read(), 'one\ntwo');
    stage.kill();
    stage.write(' more\n');
    stage.start({}, { once: true });
    assert.equal(stage.reader.read(), ' more\n');
  }));
