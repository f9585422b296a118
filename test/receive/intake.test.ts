import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIntake } from '../../agent/receive/intake.ts';
import { createVerifier } from '../../agent/receive/verify.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { cutRecord, GEN, records } from './records.ts';

function intake() {
  const clock = createTurnedClock();
  const written: string[] = [];
  const verifier = createVerifier({ fromFirst: false });
  const made = createIntake({
    clock,
    limits: { records: 10, bytes: 100_000, age: 1000 },
    write: (bytes, start, end) => void written.push(bytes.toString('utf8', start, end)),
    verifier,
    incomplete() {},
  });
  return { ...made, clock, written, verifier };
}

test('a message that was too long is written as far as it came, and vouches for nothing', () => {
  const { take, written, verifier, status } = intake();
  const [first, second] = records(GEN[0], 2).map((text) => Buffer.from(text));
  take(first!, 0, first!.length, undefined);
  take(second!, 0, second!.length, 'cut');
  assert.equal(written.length, 2);
  assert.equal(status().cut, 1);
  assert.equal(verifier.report().records, 1);
  assert.equal(verifier.report().unidentified, 1);
});

test('a part is known whether it stands in a chunk or in bytes of its own', () => {
  const { chunk, take, written } = intake();
  const [first, second] = cutRecord({ gen: GEN[0], at: 0, len: 10 }, ['a', 'b']) as [string, string];
  const stream = Buffer.from(`<14>plain\n${first}\n`);
  chunk(stream);
  take(stream, 0, 9, undefined);
  take(stream, 10, stream.length - 1, undefined);
  assert.deepEqual(written, ['<14>plain']);
  chunk(Buffer.from('nothing of the kind'));
  take(Buffer.from(second), 0, second.length, undefined);
  assert.equal(written.length, 2);
  assert.match(written[1]!, /\{"MSG":"ab"\}$/);
});

test('it tells when something last came', () => {
  const { chunk, take, lastArrival, clock } = intake();
  assert.equal(lastArrival(), undefined);
  chunk(Buffer.from('12'));
  const first = clock.ticks();
  assert.equal(lastArrival(), first);
  clock.turn(50);
  take(Buffer.from('<14>a'), 0, 5, undefined);
  assert.equal(lastArrival(), first + 50);
});
