import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPayload } from '../../agent/shape/payload.ts';
import { free } from '../../agent/wire/free.ts';

test('memory that messages have outgrown is given back, and that of a batch that was larger than others goes with it', () => {
  const payload = createPayload();
  payload.add('first', false);
  const small = payload.room(1).bytes;
  payload.add('日'.repeat(100_000), true);
  assert.equal(small.buffer.byteLength, 0);
  payload.add('x'.repeat(10_000_000), false);
  const large = payload.room(1).bytes;
  const { payload: messages, ends } = payload.take();
  assert.equal(messages.buffer, large.buffer);
  assert.deepEqual([...ends], [5, 300_006, 10_300_007]);
  assert.equal(messages.toString('utf8', 6, 300_006), '日'.repeat(100_000));
  free(messages);
  assert.equal(large.buffer.byteLength, 0);
  payload.add('next', false);
  assert.equal(String(payload.take().payload), 'next\n');
});

test('batches that are made one after the other are made in one memory, and those that are made at the same time are not', () => {
  const [one, other] = [createPayload(), createPayload()];
  one.add('one', false);
  const { buffer } = one.room(1).bytes;
  assert.equal(String(one.take().payload), 'one\n');
  other.add('other', false);
  assert.equal(other.room(1).bytes.buffer, buffer);
  one.add('x'.repeat(100_000), false);
  assert.notEqual(one.room(1).bytes.buffer, buffer);
  assert.equal(String(other.take().payload), 'other\n');
  assert.equal(one.take().ends[0], 100_000);
  assert.equal(buffer.byteLength, 0);
});

test('memory that somebody else gives is left alone, and messages of any characters find room in it', () => {
  const given: Buffer[] = [];
  const payload = createPayload((bytes) => given[given.push(Buffer.allocUnsafeSlow(bytes)) - 1]!);
  const texts = ['x', '日'.repeat(70_000), 'é'.repeat(90_000), '😀\ud800'];
  for (const text of texts) payload.add(text, true);
  const { payload: messages, ends } = payload.take();
  const written = [...ends].map((end, i) => messages.toString('utf8', i === 0 ? 0 : ends[i - 1]! + 1, end));
  assert.deepEqual(written, [...texts.slice(0, -1), '😀\ufffd']);
  assert.ok(given.length > 1 && given.every(({ buffer }) => buffer.byteLength > 0));
});
