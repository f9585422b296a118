import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress } from '../../agent/ops/progress.ts';
import { createTurnedClock } from '../harness/clock.ts';

const MIB = 2 ** 20;

function create(terminal: boolean, columns = 100) {
  const clock = createTurnedClock();
  let written = '';
  const said: string[] = [];
  const out = { write: (text: string) => (written += text), isTTY: terminal, columns };
  const progress = createProgress({ out, clock, what: 'Shipping', say: (sentence) => said.push(sentence) });
  /** Works at one per cent, which is a MiB, a second. */
  const work = (seconds: number, from = 0) => {
    for (let s = 0; s <= seconds; s++) {
      progress.tell((from + s) / 100, (from + s) * MIB);
      if (s < seconds) clock.turn(1000);
    }
  };
  return { clock, progress, said, work, written: () => written };
}

test('short work shows nothing, on a terminal or elsewhere', () => {
  for (const terminal of [true, false]) {
    const { progress, said, work, clock, written } = create(terminal);
    work(0);
    clock.turn(terminal ? 900 : 9_900);
    progress.tell(0.99, MIB);
    assert.equal(progress.end(), false);
    assert.deepEqual([written(), said], ['', []]);
  }
});

test('on a terminal a bar shows share, amount, rate and the time left, in its place until the end', () => {
  const { progress, said, work, written } = create(true);
  work(50);
  const bars = written().split('\r').slice(1);
  assert.equal(bars.length, 50);
  assert.equal(bars.at(-1), 'Shipping [############------------] 50 %, 50MiB, 1MiB/s, about 50s left\x1b[K');
  assert.equal(progress.end(), true);
  assert.ok(written().endsWith('\r\x1b[K'));
  assert.deepEqual(said, []);
});

test('a bar is never wider than its terminal, so that it stays one line', () => {
  const { work, written } = create(true, 30);
  work(5);
  for (const bar of written().split('\r').slice(1)) assert.equal(bar.replace('\x1b[K', '').length, 29);
});

test('what else is written to the terminal stands above the bar', () => {
  const { progress, work, written } = create(true);
  progress.sink.write('before\n');
  assert.equal(written(), 'before\n');
  work(3);
  const at = written().length;
  progress.sink.write('a sentence\n');
  assert.match(written().slice(at), /^\r\x1b\[Ka sentence\nShipping \[/);
  progress.end();
  const end = written().length;
  progress.sink.write('after\n');
  assert.equal(written().slice(end), 'after\n');
});

test('without a terminal a sentence is said every ten seconds, and none while nothing moves', () => {
  const { progress, said, work, clock, written } = create(false);
  work(25);
  assert.deepEqual(said, [
    'Shipping: 10 %, 10MiB, 1MiB/s, about 1m 30s left',
    'Shipping: 20 %, 20MiB, 1MiB/s, about 1m 20s left',
  ]);
  work(0, 30);
  for (let i = 0; i < 60; i++) {
    clock.turn(1000);
    progress.tell(0.3, 30 * MIB);
  }
  assert.equal(said.length, 3);
  assert.equal(progress.end(), true);
  assert.equal(written(), '');
});

test('where nothing moved for a while no time is promised', () => {
  const { progress, work, written, clock } = create(true);
  work(20);
  for (let i = 0; i < 20; i++) {
    clock.turn(1000);
    progress.tell(0.2, 20 * MIB);
  }
  assert.match(written(), / 20 %, 20MiB, 0B\/s\x1b\[K$/);
});
