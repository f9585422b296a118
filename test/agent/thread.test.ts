import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createThread } from '../../agent/thread.ts';
import { toldLog } from '../harness/log.ts';
import { partsOf } from '../shape/shaped.ts';

/** A clock whose hands are turned, and a thread that does nothing but start. */
function stage(cores: number) {
  const said: string[] = [];
  const due: { at: number; run: () => void }[] = [];
  const workers: (EventEmitter & { ended: boolean })[] = [];
  let ticks = 0;
  const clock = {
    now: () => ticks,
    ticks: () => ticks,
    after(ms: number, run: () => void) {
      due.push({ at: ticks + ms, run });
      return () => {};
    },
  };
  const start = () => {
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
  const seat = () => thread.seat({ ...partsOf(), answered() {}, lost() {} });
  const turn = (ms: number) => {
    ticks += ms;
    for (const one of due.splice(0))
      if (one.at <= ticks) one.run();
      else due.push(one);
  };
  return { workers, said, seat, turn };
}

test('where there is one processor no second thread is started', () => {
  const { workers, seat } = stage(1);
  assert.equal(seat(), undefined);
  assert.equal(workers.length, 0);
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

test('one that ends by itself is told of, and is not started again for a minute', () => {
  const { workers, said, seat, turn } = stage(2);
  seat();
  workers[0]!.emit('error', new Error('it ran out of memory'));
  workers[0]!.emit('exit', 1);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /it ran out of memory.*Nothing is lost/);
  turn(59_999);
  seat();
  assert.equal(workers.length, 1);
  turn(1);
  seat();
  assert.equal(workers.length, 2);
});
