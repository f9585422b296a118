import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecent } from '../../agent/ops/recent.ts';
import { createSample } from '../../agent/shape/sample.ts';
import type { Batch, Chunk } from '../../agent/types.ts';

const NONE = { lines: 0, bytes: 0 };

function batch(messages: readonly string[]): Batch {
  const payload = Buffer.from(messages.map((message) => `${message}\n`).join(''));
  let end = -1;
  const ends = Uint32Array.from(messages.map((message) => (end += Buffer.byteLength(message) + 1)));
  return { input: 'input', payload, ends, marks: [], tally: { sent: NONE, filtered: NONE, dropped: NONE } };
}

test('the newest records are those sent last, byte for byte, also after the batch is gone', () => {
  const recent = createRecent();
  const given = batch(Array.from({ length: 50 }, (_, n) => `<14>1 ünïcode ${n}`));
  recent.note(given, 1);
  given.payload.fill(0);
  recent.note(batch(['<14>1 last']), 2);
  recent.note(batch([]), 3);
  assert.deepEqual(
    recent.records().map(({ at, text }) => `${at} ${text}`),
    [44, 45, 46, 47, 48, 49].map((n) => `1 <14>1 ünïcode ${n}`).concat('2 <14>1 last'),
  );
});

test('what is kept is bounded in number and in length', () => {
  const recent = createRecent();
  for (let n = 0; n < 500; n++) recent.note(batch(['x'.repeat(100_000), `${n}`]), n);
  assert.equal(recent.records().length, 24);
  assert.equal(recent.records().at(-1)?.text, '499');
  assert.ok(recent.records().every(({ text }) => text.length <= 2_000));
});

test('one line of a chunk is kept of those that did not match, as text', () => {
  const sample = createSample();
  const chunk = () => ({ bytes: Buffer.from('x') }) as Chunk;
  const first = chunk();
  sample.note(first, Buffer.from('ünï').toString('latin1'), false);
  sample.note(first, 'second', true);
  sample.note(chunk(), '订单', true);
  assert.deepEqual(sample.lines(), ['ünï', '订单']);
  for (let n = 0; n < 100; n++) sample.note(chunk(), `${n}`.padEnd(9_999), true);
  assert.equal(sample.lines().length, 8);
  assert.ok(sample.lines().every((line) => line.length === 500));
});
