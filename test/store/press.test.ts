import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { constants, zstdDecompressSync } from 'node:zlib';
import { createPress } from '../../agent/store/press.ts';
import { createTurnedClock } from '../harness/clock.ts';

const how = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

test('each buffer becomes a frame of its own, whatever its size, though all are given at once', async () => {
  const press = createPress(how, createTurnedClock());
  const texts = Array.from({ length: 50 }, (_, n) => Buffer.from(`order ${n} is stored 订单 `.repeat(1 + n * 37)));
  const bytes = [...texts, randomBytes(2 ** 20), Buffer.from('x'), ...texts];
  const frames = await Promise.all(bytes.map(press));
  assert.deepEqual(
    frames.map((frame) => zstdDecompressSync(frame!)),
    bytes,
  );
  assert.ok(frames[49]!.length < texts[49]!.length / 10);
});

test('it goes on after a pause for which nothing is kept', async () => {
  const clock = createTurnedClock();
  const press = createPress(how, clock);
  const bytes = Buffer.from('order is stored '.repeat(100));
  for (const pause of [9_000, 20_000, 0]) {
    assert.deepEqual(zstdDecompressSync((await press(bytes))!), bytes);
    assert.equal(clock.waiting(), 1);
    clock.turn(pause);
  }
});

test('what cannot be compressed is told, and holds up nothing that follows', async () => {
  // zstd is told the size of its first frame, and refuses every other.
  const press = createPress({ ...how, pledgedSrcSize: 5 }, createTurnedClock());
  assert.equal(await press(Buffer.from('123456')), undefined);
  assert.equal(String(zstdDecompressSync((await press(Buffer.from('abcde')))!)), 'abcde');
  const stuck = createPress({ ...how, pledgedSrcSize: 5 }, createTurnedClock());
  const answers = await Promise.all(['123456', '123456', '123456'].map((text) => stuck(Buffer.from(text))));
  assert.deepEqual(answers, [undefined, undefined, undefined]);
});
