import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createDiscovery } from '../../agent/tail/discovery.ts';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import { createHandles, type Gen } from '../../agent/tail/generation.ts';
import { createTail } from '../../agent/tail/tail.ts';
import type { Clock } from '../../agent/types.ts';
import { MARK_BYTES } from '../../agent/wire/lines.ts';
import { toldLog } from '../harness/log.ts';
import { lookedAt } from './odd-files.ts';
import { createRegistry, inputOf, type Scene, scene } from './scene.ts';

const realClock: Clock = {
  now: () => Date.now(),
  ticks: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

test('a flood in one file does not keep a trickle in another waiting', () =>
  scene({ start: false }, (stage) => {
    stage.write(`${'x'.repeat(999)}\n`.repeat(3000), 'flood.log');
    stage.write('drop\n', 'trickle.log');
    stage.start({ paths: [`${stage.folder}/*.log`] });
    const first = [stage.reader.walk.next(), stage.reader.walk.next()].map((chunk) => chunk!.file);
    assert.equal(new Set(first).size, 2);
  }));

test('ten thousand files of one glob are all read, also when all are rotated at once', () =>
  scene({ start: false }, (stage) => {
    const count = 10_000;
    for (let i = 0; i < count; i += 1) stage.write(`${i}\n`, `${i}.log`);
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read().split('\n').length, count + 1);
    for (let i = 0; i < count; i += 1) {
      stage.write(`old ${i}\n`, `${i}.log`);
      stage.rename(`${i}.log.1`, `${i}.log`);
      stage.write(`new ${i}\n`, `${i}.log`);
    }
    const lines = stage.look().trim().split('\n').sort();
    assert.equal(lines.length, 2 * count);
    assert.deepEqual(lines, [...new Set(lines)]);
    assert.equal(stage.registry.rows.length, 2 * count);
  }));

test('a file alone under its name is asked for no more than it takes to know it, and a folder is asked of files by name alone', () => {
  const asked = { stat: 0, fstat: 0, open: 0, real: 0, folder: 0 };
  const files: Files = {
    ...lookedAt((look, file) => {
      if (/\d\.log$/.test(file)) asked.stat += 1;
      else asked.folder += 1;
      return look(file);
    }),
    fstat(fd) {
      asked.fstat += 1;
      return realFiles.fstat(fd);
    },
    open(file) {
      asked.open += 1;
      return realFiles.open(file);
    },
    real(file) {
      asked.real += 1;
      return realFiles.real(file);
    },
  };
  return scene({ start: false, files }, (stage) => {
    const count = 100;
    for (let i = 0; i < count; i += 1) stage.write(`${i}\n`, `${i}.log`);
    Object.assign(asked, { stat: 0, fstat: 0, open: 0, real: 0, folder: 0 });
    stage.start({ paths: [`${stage.folder}/*.log`] });
    const { folder, ...each } = asked;
    // Where links lead is asked of their folder.
    assert.deepEqual(each, { stat: 3 * count, fstat: 2 * count, open: count, real: 1 });
    // Once behind each look at a file, and for the listings.
    assert.ok(folder <= count + 10, `${folder} looks at folders`);
    assert.equal(stage.reader.read().split('\n').length, count + 1);
  });
});

test('a folder that is listed once more and holds what it held is not searched again', () =>
  scene({ start: false }, (stage) => {
    let lists = 0;
    const files: Files = {
      ...realFiles,
      list(directory, plain) {
        lists += 1;
        return realFiles.list(directory, plain);
      },
    };
    const discovery = createDiscovery(files, inputOf([`${stage.folder}/*.log`]));
    stage.write('one\n', '1.log');
    const first = discovery.paths();
    assert.deepEqual([...first], [path.join(stage.folder, '1.log')]);
    // The stamp of a folder may be as young as a change that is still to come, so it is listed twice.
    for (const _ of [2, 3]) assert.equal(discovery.paths(), first);
    assert.equal(lists, 2);
    stage.write('two\n', '2.log');
    fs.utimesSync(stage.folder, 1, 1);
    assert.equal(discovery.paths().size, 2);
    stage.start();
  }));

test('of files that are read in turns the last ones alone keep what reads them, and each is read on where it stands', () => {
  let marks = 0;
  const files: Files = {
    ...realFiles,
    read(fd, into, position) {
      // Whatever begins to read in the middle of a file looks for a byte order mark first.
      if (position === 0 && into.length === MARK_BYTES) marks += 1;
      return realFiles.read(fd, into, position);
    },
  };
  return scene({ start: false, files }, (stage) => {
    const count = 100;
    const lines = (i: number, from: number) =>
      Array.from({ length: 5 }, (_, n) => `${i}:${from + n} ${'x'.repeat(100_000)}\n`).join('');
    for (let i = 0; i < count; i += 1) stage.write(lines(i, 0), `${i}.log`);
    stage.start({ paths: [`${stage.folder}/*.log`] });
    const numbersOf = (text: string) => text.match(/^\d+:\d+/gm)?.map((one) => one.split(':').map(Number)) ?? [];
    const got = new Map<number, number[]>();
    const note = (text: string): void => {
      for (const [i, n] of numbersOf(text)) got.set(i!, [...(got.get(i!) ?? []), n!]);
    };
    note(stage.reader.read());
    for (let i = 0; i < count; i += 1) stage.write(lines(i, 5), `${i}.log`);
    note(stage.look());
    assert.equal(got.size, count);
    for (const numbers of got.values()) assert.deepEqual(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(marks >= count);
  });
});

test('what is found at the start is written down in a few transactions, of which none may fail, and later each file by itself', () =>
  scene({ start: false }, async (stage) => {
    for (let i = 0; i < 1000; i += 1) stage.write(`${i}\n`, `${i}.log`);
    const registry = createRegistry();
    let [transactions, within, alone, limit] = [0, 0, 0, Infinity];
    let open = false;
    const counted = {
      ...registry,
      add(row: Parameters<typeof registry.add>[0]) {
        if (open) within += 1;
        else alone += 1;
        return registry.add(row);
      },
      transaction<T>(work: () => T): T {
        transactions += 1;
        if (transactions > limit) throw new Error('the disk is full');
        open = true;
        const result = work();
        open = false;
        return result;
      },
    };
    const options = { files: realFiles, clock: stage.clock, log: toldLog(() => {}), wake() {}, lost() {}, once: false };
    const start = () => {
      const tail = createTail({ ...options, input: inputOf([`${stage.folder}/*.log`]), registry: counted });
      tail.start();
      return tail;
    };
    const tail = start();
    assert.deepEqual([within, alone, transactions], [1000, 0, 4]);
    for (const late of ['late.log', 'later.log']) stage.write('late\n', late);
    stage.clock.advance(1000);
    assert.deepEqual([within, alone, transactions], [1000, 2, 4]);
    await tail.close();
    limit = transactions;
    registry.rows.length = 0;
    assert.throws(start, /the disk is full/);
  }));

/** So many files of a folder, as if they had been found. */
const gensOf = (stage: Scene, count: number): Gen[] =>
  Array.from({ length: count }, (_, i) => {
    stage.write('x', `${i}.log`);
    const file = path.join(stage.folder, `${i}.log`);
    const { dev, ino } = realFiles.stat(file)!;
    const clues = { dev, ino, birth: 0, headBytes: 0, head: '' };
    return { path: file, place: i === 0 ? 'deleted' : 'live', clues } as Gen;
  });

test('no more files are open than the bound, and those that no name leads to stay open', () =>
  scene({ start: false }, (stage) => {
    let open = 0;
    const files = {
      ...realFiles,
      open(file: string) {
        open += 1;
        return realFiles.open(file);
      },
      close(fd: number) {
        open -= 1;
        realFiles.close(fd);
      },
    };
    const handles = createHandles(files, 3);
    const gens = gensOf(stage, 6);
    for (const gen of gens) handles.fd(gen);
    assert.equal(open, 3);
    assert.ok(handles.isOpen(gens[0]!));
    stage.start();
    handles.close();
    assert.equal(open, 0);
  }));

test('of open files the one goes first that was used longest ago', () =>
  scene({ start: false }, (stage) => {
    const handles = createHandles(realFiles, 3);
    const [, a, b, c, d, e] = gensOf(stage, 6) as [Gen, Gen, Gen, Gen, Gen, Gen];
    for (const gen of [a, b, c, c, a, a, b, d, e]) handles.fd(gen);
    assert.deepEqual(
      [a, b, c, d, e].map((gen) => handles.isOpen(gen)),
      [false, true, false, true, true],
    );
    for (const gen of [b, a, c]) handles.fd(gen);
    assert.deepEqual(
      [a, b, c, d, e].map((gen) => handles.isOpen(gen)),
      [true, true, true, false, false],
    );
    handles.close();
    stage.start();
  }));

test('an event wakes the agent long before the next poll', () =>
  scene({ start: false, before: { 'app.log': 'one\n' } }, async (stage) => {
    let wakes = 0;
    const tail = createTail({
      ...{ input: inputOf([stage.live], { poll: 3_600_000, watch: 'auto' }), files: realFiles, clock: realClock },
      ...{ registry: createRegistry(), once: false, lost() {} },
      log: toldLog((level, sentence) => assert.ok(level === 'debug' || level === 'info', sentence)),
      wake() {
        wakes += 1;
      },
    });
    const walk = tail.walk(
      'server',
      () => {},
      () => {},
    );
    tail.start();
    let text = '';
    const until = async (wanted: string): Promise<void> => {
      const end = Date.now() + 20_000;
      while (!text.endsWith(wanted) && Date.now() < end) {
        for (let chunk = walk.next(); chunk; chunk = walk.next()) text += chunk.bytes.toString();
        // The watch is set up by and by; what is written before it stands gives no event.
        if (!text.endsWith(wanted)) fs.utimesSync(stage.live, new Date(), new Date());
        await pause(20);
      }
      assert.ok(text.endsWith(wanted), text);
    };
    await until('one\n');
    stage.write('two\n');
    await until('two\n');
    stage.rename('app.log.1');
    stage.write('three\n');
    await until('three\n');
    assert.equal(text, 'one\ntwo\nthree\n');
    assert.ok(wakes > 0);
    await tail.close();
    stage.start();
  }));

test('a folder that a wildcard finds is worth watching though the name that is looked for in it has none', () =>
  scene({ start: false }, (stage) => {
    const folders = ['one', 'two'].map((name) => `${stage.folder}/${name}`);
    for (const folder of folders) {
      fs.mkdirSync(folder);
      fs.writeFileSync(`${folder}/app.log`, '');
    }
    const discovery = createDiscovery(realFiles, inputOf([`${stage.folder}/*/app.log`]));
    assert.deepEqual(
      [...discovery.paths()].toSorted(),
      folders.map((folder) => `${folder}/app.log`),
    );
    for (const folder of folders) assert.ok(discovery.directories().has(folder), folder);
  }));
