import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchParts } from '../../agent/tail/watch.ts';
import { scene } from './scene.ts';

const deaf = { directories() {}, hears: () => false, async close() {} };

test('where the system has no file events left, files are polled, and that is said once with the cure', () => {
  let watch: WatchParts | undefined;
  const options = {
    input: { watch: 'auto' } as const,
    watch(parts: WatchParts) {
      watch = parts;
      return deaf;
    },
  };
  return scene({ ...options, before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    watch?.failed('ENOSPC');
    stage.write('two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    assert.equal(stage.look(), 'two\nthree\n');
    assert.match(
      stage.sentences.join('\n'),
      /^File events are not to be had \(ENOSPC\): files are looked at every 1000 ms instead; raise fs\.inotify\.max_user_watches and/m,
    );
    assert.equal(stage.sentences.filter((one) => one.startsWith('File events')).length, 1);
  });
});

test('with watch = poll the system is not asked for events, and everything is found all the same', () => {
  const options = { input: { watch: 'poll' } as const, watch: (): never => assert.fail('asked for events') };
  return scene({ ...options, before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    assert.equal(stage.look(), 'two\nthree\n');
  });
});

test('events that come late, twice, of other files or never change nothing but the time at which lines are read', () => {
  let watch: WatchParts | undefined;
  const options = {
    input: { watch: 'auto', poll: 3_600_000 } as const,
    watch(parts: WatchParts) {
      watch = parts;
      return deaf;
    },
  };
  return scene({ ...options, before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    assert.equal(stage.pass(5000), '');
    for (const name of ['other.log', 'app.log', 'app.log', 'app.log.9']) watch?.hint(`${stage.folder}/${name}`);
    assert.equal(stage.pass(1000), 'two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    watch?.hint(`${stage.folder}/app.log.1`);
    assert.equal(stage.pass(1000), 'three\n');
  });
});
