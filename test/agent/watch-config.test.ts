/** `[agent] reload = change`: what counts as a change of the file, on real files and a clock whose hands the test turns. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { watchConfig } from '../../agent/watch-config.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { scene } from '../harness/temp.ts';

function watch(t: TestContext, name = 'config.conf') {
  const s = scene(t);
  const file = s.at(name);
  const clock = createTurnedClock();
  const changes: string[] = [];
  let watched: string | undefined = file;
  const begin = () =>
    s.atEnd(watchConfig({ clock, file: () => watched, changed: (state) => void changes.push(state) }));
  return {
    ...{ s, file, begin },
    /** What was told of in so many seconds. */
    told(seconds: number): string[] {
      for (let second = 0; second < seconds; second++) clock.turn(1_000);
      return changes.splice(0);
    },
    point(to: string | undefined) {
      watched = to;
    },
  };
}

test('a file that stays as it is is not told of, and one that is written is told of once', (t) => {
  const { file, begin, told } = watch(t);
  fs.writeFileSync(file, '[log]\n');
  begin();
  assert.deepEqual(told(100), []);
  fs.writeFileSync(file, '[log]\nlevel = debug\n');
  assert.deepEqual(told(100), ['written']);
  fs.appendFileSync(file, '; a word\n');
  assert.deepEqual(told(100), ['written']);
});

test('a file that somebody is still writing is left alone until it was quiet for two seconds', (t) => {
  const { file, begin, told } = watch(t);
  fs.writeFileSync(file, '[log]\n');
  begin();
  for (let n = 0; n < 10; n++) {
    fs.appendFileSync(file, `; line ${n}\n`);
    assert.deepEqual(told(2), [], `line ${n}`);
  }
  assert.deepEqual(told(1), ['written']);
});

test("an editor's save by rename, away and back, is one change", (t) => {
  const { s, file, begin, told } = watch(t);
  fs.writeFileSync(file, '[log]\n');
  begin();
  fs.renameSync(file, s.at('config.conf~'));
  assert.deepEqual(told(1), []);
  fs.writeFileSync(s.at('.config.conf.swp'), '[log]\nlevel = warn\n');
  fs.renameSync(s.at('.config.conf.swp'), file);
  assert.deepEqual(told(10), ['written']);
});

test('the swapped symbolic link of a ConfigMap is a change, and the same file again is none', (t) => {
  const { s, begin, told, file } = watch(t);
  for (const version of ['..1', '..2']) {
    fs.mkdirSync(s.at(version));
    fs.writeFileSync(s.at(`${version}/config.conf`), '[log]\n');
  }
  const swap = (to: string) => {
    fs.symlinkSync(to, s.at('..data_tmp'));
    fs.renameSync(s.at('..data_tmp'), s.at('..data'));
  };
  swap('..1');
  fs.symlinkSync('..data/config.conf', file);
  begin();
  assert.deepEqual(told(10), []);
  swap('..2');
  assert.deepEqual(told(10), ['written']);
  swap('..1');
  assert.deepEqual(told(1), []);
  swap('..2');
  assert.deepEqual(told(10), [], 'forth and back within a moment');
});

test('a file that is emptied or gone for a while is told as that, once, and as written when it is back', (t) => {
  const { file, begin, told } = watch(t);
  fs.writeFileSync(file, '[log]\n');
  begin();
  fs.truncateSync(file);
  assert.deepEqual(told(60), ['empty']);
  fs.rmSync(file);
  assert.deepEqual(told(60), ['gone']);
  fs.writeFileSync(file, '[log]\n');
  assert.deepEqual(told(60), ['written']);
});

test('what is written while no change is watched, or in a file that is watched anew, is not told of', (t) => {
  const { s, file, begin, told, point } = watch(t);
  fs.writeFileSync(file, '[log]\n');
  begin();
  point(undefined);
  told(3);
  fs.writeFileSync(file, '[log]\nlevel = debug\n');
  assert.deepEqual(told(10), []);
  point(file);
  assert.deepEqual(told(10), []);
  fs.writeFileSync(s.at('other.conf'), '[log]\n');
  point(s.at('other.conf'));
  assert.deepEqual(told(10), []);
  fs.writeFileSync(s.at('other.conf'), '[log]\nlevel = debug\n');
  assert.deepEqual(told(10), ['written']);
});
