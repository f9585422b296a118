import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import type { WatchParts } from '../../agent/tail/watch.ts';
import { type Scene, scene } from './scene.ts';

const COUNT = 1000;
const nameOf = (n: number) => `app${String(n).padStart(4, '0')}.log`;

type Crowd = {
  readonly stage: Scene;
  /** How many of the files were looked at since the last call. */
  looks(): number;
  hint(name: string): void;
  fail(): void;
};

type CrowdOptions = { readonly count?: number; readonly hears?: boolean; readonly arrange?: (folder: string) => void };

/** A thousand files that nobody writes to, with an agent that has read them all and come to rest. */
function crowd(
  story: (crowd: Crowd) => void,
  { count = COUNT, hears = true, arrange = () => {} }: CrowdOptions = {},
): Promise<void> {
  const before = Object.fromEntries(Array.from({ length: count }, (_, n) => [nameOf(n), `${n}\n`]));
  let looked = 0;
  let watch: WatchParts | undefined;
  const files: Files = {
    ...realFiles,
    stat(file) {
      if (file.endsWith('.log')) looked += 1;
      return realFiles.stat(file);
    },
  };
  const options = {
    ...{ files, before, start: false, input: { watch: 'auto' } as const },
    watch(parts: WatchParts) {
      watch = parts;
      return { directories() {}, hears: () => hears, async close() {} };
    },
  };
  return scene(options, (stage) => {
    arrange(stage.folder);
    stage.start({ paths: [`${stage.folder}/*.log`] });
    stage.reader.read();
    stage.pass(30_000);
    looked = 0;
    story({
      stage,
      looks() {
        const now = looked;
        looked = 0;
        return now;
      },
      hint: (name) => watch?.hint(path.join(stage.folder, name)),
      fail: () => watch?.failed('ENOSPC'),
    });
  });
}

test('of files at rest some are looked at in each round, all within ten seconds', () =>
  crowd(
    ({ stage, looks }) => {
      stage.pass(1000);
      assert.equal(looks(), 250);
      for (const n of [0, 1500, 2499]) stage.write('unheard\n', nameOf(n));
      assert.equal(stage.pass(10_000), 'unheard\n'.repeat(3));
    },
    { count: 2500 },
  ));

test('a file that moves is looked at in every round, without any event, until it has been quiet for ten seconds', () =>
  crowd(({ stage, hint }) => {
    stage.write('first\n', nameOf(700));
    hint(nameOf(700));
    assert.equal(stage.reader.read(), 'first\n');
    for (let n = 0; n < 30; n++) {
      stage.write(`${n}\n`, nameOf(700));
      assert.equal(stage.look(), `${n}\n`);
    }
  }));

test('a file at rest that is rotated twice while all events are lost is read without a gap', () =>
  crowd(({ stage }) => {
    const name = nameOf(333);
    stage.write('a\n', name);
    stage.rename(`${name}.1`, name);
    stage.write('b\n', name);
    stage.rename(`${name}.2`, `${name}.1`);
    stage.rename(`${name}.1`, name);
    stage.write('c\n', name);
    assert.equal(stage.pass(10_000), 'a\nb\nc\n');
  }));

test('a worker that writes to the old file of a chain at rest is heard within 15 s, without any event', () =>
  crowd(
    ({ stage }) => {
      const some = [0, 1200, 2400].map(nameOf);
      for (const name of some) stage.rename(`${name}.1`, name);
      for (const name of some) stage.write('new\n', name);
      assert.equal(stage.pass(60_000), 'new\n'.repeat(3));
      for (let round = 0; round < 6; round++) {
        for (const name of some) stage.write('late\n', `${name}.1`);
        assert.equal(stage.pass(15_000), 'late\n'.repeat(3));
        stage.pass(41_000 + round * 1000);
      }
    },
    { count: 2500 },
  ));

test('where events are not to be trusted every file is looked at in every round', () =>
  crowd(
    ({ stage, looks }) => {
      stage.pass(1000);
      assert.equal(looks(), COUNT);
    },
    { hears: false },
  ));

test('once the system has no more events every file is looked at in every round', () =>
  crowd(({ stage, looks, fail }) => {
    fail();
    stage.pass(1000);
    assert.equal(looks(), COUNT);
  }));

test('a file that is reached by way of a link, or has another name, is looked at in every round', () => {
  const arrange = (folder: string) => {
    fs.mkdirSync(path.join(folder, 'real'));
    for (const n of [100, 900]) fs.renameSync(path.join(folder, nameOf(n)), path.join(folder, 'real', nameOf(n)));
    fs.symlinkSync(path.join(folder, 'real', nameOf(100)), path.join(folder, nameOf(100)));
    fs.linkSync(path.join(folder, 'real', nameOf(900)), path.join(folder, nameOf(900)));
  };
  return crowd(
    ({ stage }) => {
      for (let n = 0; n < 12; n++) {
        for (const one of [100, 900]) stage.write('x\n', path.join('real', nameOf(one)));
        assert.equal(stage.look(), 'x\n'.repeat(2));
        stage.pass(15_000);
      }
    },
    { arrange },
  );
});

test('a file at rest that goes away is forgotten, and one by its name is read from its beginning', () =>
  crowd(({ stage }) => {
    fs.rmSync(path.join(stage.folder, nameOf(10)));
    stage.pass(30_000);
    assert.ok(!stage.reader.walk.status().some((one) => one.path.endsWith(nameOf(10))));
    stage.write('anew\n', nameOf(10));
    assert.equal(stage.pass(10_000), 'anew\n');
  }));
