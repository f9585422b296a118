import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOf } from '../../agent/ship/transport.ts';
import { createWindow } from '../../agent/ship/window.ts';
import { messagesOf, sentOf } from './parts.ts';

test('the window counts what each batch takes, may be overdrawn by one, and then asks for room with some to spare', () => {
  const sent = sentOf(['x'.repeat(999)]);
  const cost = costOf(sent.batch);
  const window = createWindow(2 * cost);
  window.push(sent);
  assert.equal(window.room(), cost);
  assert.equal(window.excess(), 0);
  window.push(sent);
  window.push(sent);
  assert.equal(window.room(), -cost);
  assert.ok(window.excess() > cost && window.excess() < 2 * cost);
  window.settle(2);
  assert.equal(window.room(), cost);
  assert.equal(window.excess(), 0);
});

test('a batch without messages settles with those before it and never before them', () => {
  const window = createWindow(1_000_000);
  window.push(sentOf([]));
  assert.equal(window.settle(0).length, 1);
  window.push(sentOf(['one']));
  window.push(sentOf([]));
  window.push(sentOf([]));
  window.push(sentOf(['two']));
  window.push(sentOf([]));
  assert.equal(window.settle(0).length, 0);
  assert.equal(window.settle(1).length, 3);
  assert.deepEqual(
    window.unsettled().map(({ batch }) => batch.ends.length),
    [1, 0],
  );
  assert.equal(window.settle(1).length, 2);
  assert.equal(window.room(), 1_000_000);
});

test('what was on the wire is marked, and nothing else is', () => {
  const window = createWindow(1_000_000);
  for (const message of ['one', '', 'two', 'three']) window.push(sentOf(message === '' ? [] : [message], 7));
  window.markAgain(2);
  assert.deepEqual(
    window.unsettled().map(({ again }) => again),
    [true, false, true, false],
  );
  const all = window.clear();
  assert.deepEqual(messagesOf(all), ['one', 'two', 'three']);
  assert.ok(all.every(({ row }) => row === 7));
  assert.deepEqual([window.unsettled().length, window.room()], [0, 1_000_000]);
});
