import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { createThread, starterOf } from '../../agent/thread.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { toldLog } from '../harness/log.ts';
import { scene } from '../harness/temp.ts';
import { chunkOf, partsOf } from '../shape/shaped.ts';

/** A clock whose hands are turned, and a thread that does nothing but start. */
function stage(cores: number) {
  const said: string[] = [];
  const workers: (EventEmitter & { ended: boolean })[] = [];
  let refusal: Error | undefined;
  const clock = createTurnedClock();
  const start = () => {
    if (refusal) throw refusal;
    const worker = Object.assign(new EventEmitter(), {
      ended: false,
      postMessage() {},
      unref() {},
      terminate() {
        worker.ended = true;
      },
    });
    workers.push(worker);
    return worker as unknown as Worker;
  };
  const log = toldLog((_level, sentence) => void said.push(sentence));
  const thread = createThread({ clock, log }, { cores, start });
  let lost = 0;
  let answered = 0;
  const sitter = {
    ...partsOf(),
    answered() {
      answered += 1;
    },
    lost() {
      lost += 1;
    },
  };
  const seat = () => thread.seat(sitter);
  const refuse = (problem: Error | undefined) => {
    refusal = problem;
  };
  return { workers, said, seat, turn: clock.turn, refuse, lost: () => lost, answered: () => answered };
}

test('where there is one processor no second thread is started', () => {
  const { workers, seat } = stage(1);
  assert.equal(seat(), undefined);
  assert.equal(workers.length, 0);
});

test('where it cannot be started that is told, and tried again after a minute', () => {
  const { said, seat, turn, refuse, workers } = stage(2);
  refuse(Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' }));
  assert.equal(seat(), undefined);
  assert.equal(seat(), undefined);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /cannot be started \(.*EAGAIN.*Nothing is lost/);
  turn(60_000);
  refuse(undefined);
  seat();
  assert.equal(workers.length, 1);
});

test('a process with a limited address space starts none', () => {
  const program = `
    import { createThread } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../agent/thread.ts'))};
    const clock = { now: () => 0, ticks: () => 0, after: () => () => {} };
    const start = () => { console.log('started'); throw new Error('no more of it'); };
    createThread({ clock, log: { warn() {} } }, { start }).seat({});`;
  const told = (limit: string) => {
    const shell = ['-c', `ulimit -v ${limit}; exec "$@"`, '-', process.execPath, '--input-type=module', '-e', program];
    return execFileSync('bash', shell, { encoding: 'utf8' });
  };
  assert.equal(told('unlimited'), os.availableParallelism() > 1 ? 'started\n' : '');
  assert.equal(told(String(16 * 2 ** 20)), '');
});

test('none is started from a program that was put in the place of the one that runs', async (t) => {
  const s = scene(t);
  const program = s.at('worker.mjs');
  fs.writeFileSync(program, '');
  const start = starterOf(pathToFileURL(program));
  await start().terminate();
  fs.writeFileSync(s.at('new.mjs'), '');
  fs.renameSync(s.at('new.mjs'), program);
  assert.throws(start, /another one by now/);
  fs.rmSync(program);
  assert.throws(start, /another one by now/);
});

test('a second thread that nobody uses is ended after ten seconds, and the next who asks starts another', () => {
  const { workers, seat, turn } = stage(2);
  assert.equal(seat(), undefined, 'it has not started yet');
  workers[0]!.emit('message', 'ready');
  const taken = seat();
  assert.equal(taken?.gone(), false);
  turn(9_999);
  assert.equal(workers[0]!.ended, false);
  turn(1);
  assert.deepEqual([workers[0]!.ended, taken?.gone()], [true, true]);
  seat();
  assert.equal(workers.length, 2);
});

test('what a thread says when it has ended reaches nobody, for that is shaped in the main thread by then', () => {
  const { workers, seat, answered } = stage(2);
  seat();
  const [worker] = workers;
  worker!.emit('message', 'ready');
  const taken = seat()!;
  const answer = { seat: 1, payload: new SharedArrayBuffer(8) };
  for (let n = 0; n < 2; n += 1) taken.shape(chunkOf(Buffer.from('one\n')));
  worker!.emit('message', answer);
  assert.equal(answered(), 1);
  worker!.emit('error', new Error('it ran out of memory'));
  worker!.emit('message', answer);
  assert.equal(answered(), 1);
});

test('one that ends by itself is told of, and is not started again for a minute', () => {
  const { workers, said, seat, turn, lost } = stage(2);
  seat();
  workers[0]!.emit('message', 'ready');
  const taken = seat();
  workers[0]!.emit('error', new Error('it ran out of memory'));
  workers[0]!.emit('exit', 1);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /it ran out of memory.*Nothing is lost/);
  assert.deepEqual([taken?.gone(), lost()], [true, 1], 'whoever sat in it hears of it');
  turn(59_999);
  seat();
  assert.equal(workers.length, 1);
  turn(1);
  seat();
  assert.equal(workers.length, 2);
});
