/** How pieces of batches are counted back into batches where a rate cuts them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBuckets } from '../../agent/ship/bucket.ts';
import { createPace } from '../../agent/ship/pace.ts';
import type { Session } from '../../agent/ship/transport.ts';
import type { Batch, LinkConfig } from '../../agent/types.ts';
import { batchOf, createTurnedClock, linkOf, sentOf, targetOf } from './parts.ts';

const LINE_A_SECOND = { unit: 'lines', perSecond: 1 } as const;

/** A paced session over one that writes down what it is given. */
function paced(changes: Partial<LinkConfig> = { rate: LINE_A_SECOND }) {
  const clock = createTurnedClock();
  const written: string[] = [];
  let finished = 0;
  const session: Session = {
    address: '127.0.0.2:514',
    write: (batch: Batch) => void written.push(batch.payload.toString()),
    begun: () => written.length,
    left: () => [],
    finish() {
      finished += 1;
    },
    close() {},
  };
  const buckets = createBuckets(linkOf(targetOf('relp', 2514), changes), clock);
  const pace = createPace(buckets, clock, () => {}).wrap(session);
  return { pace, clock, written, finished: () => finished };
}

test('a batch is settled when all its messages are, and not when those are that went out so far', async () => {
  const { pace, clock, written } = paced();
  pace.write(sentOf(['one', 'two']));
  pace.write(sentOf(['three']));
  assert.deepEqual(written, ['one\n']);
  assert.deepEqual(pace.settled(1, []), { batches: 0, refused: [] });
  await clock.turn(2_000);
  assert.deepEqual(written, ['one\n', 'two\n', 'three\n']);
  assert.deepEqual(pace.settled(1, []), { batches: 1, refused: [] });
  assert.deepEqual(pace.settled(1, []), { batches: 1, refused: [] });
});

test('a batch of which a piece has settled counts as begun, though the next piece is still to go out', async () => {
  const { pace, clock } = paced();
  assert.equal(pace.begun(), 0);
  pace.write(sentOf(['one', 'two']));
  assert.equal(pace.begun(), 1);
  pace.settled(1, []);
  assert.equal(pace.begun(), 1);
  await clock.turn(1_000);
  pace.settled(1, []);
  assert.equal(pace.begun(), 1);
});

test('what was refused of several pieces of a batch is told with the batch, as one', async () => {
  const { pace, clock } = paced();
  pace.write(sentOf(['before']));
  pace.write(sentOf(['one', 'two', 'three']));
  await clock.turn(3_000);
  const refusal = (message: string, at: number) => ({ ...batchOf([message]), at, reason: `500 ${message}` });
  assert.deepEqual(pace.settled(2, [refusal('one', 1)]), { batches: 1, refused: [] });
  const { batches, refused } = pace.settled(2, [refusal('three', 1)]);
  assert.equal(batches, 1);
  assert.deepEqual(
    refused.map(({ at, payload, ends, reason }) => [at, payload.toString(), [...ends], reason]),
    [[0, 'one\nthree\n', [3, 9], '500 one']],
  );
});

test('what a session knows to be left is of use only where no batch is cut', () => {
  assert.deepEqual(paced({}).pace.left?.(), []);
  assert.equal(paced().pace.left, undefined);
  assert.equal(paced({ drainRate: LINE_A_SECOND }).pace.left, undefined);
});

test('a session that is halted is given nothing more, and one that is finished ends once all has gone out', async () => {
  const halted = paced();
  halted.pace.write(sentOf(['one', 'two']));
  halted.pace.halt();
  halted.pace.write(sentOf(['three']));
  await halted.clock.turn(10_000);
  assert.deepEqual(halted.written, ['one\n']);
  const idle = paced();
  idle.pace.halt();
  idle.pace.write(sentOf(['one']));
  assert.deepEqual(idle.written, []);
  const { pace, clock, written, finished } = paced();
  pace.write(sentOf(['one', 'two']));
  pace.finish();
  assert.equal(finished(), 0);
  await clock.turn(1_000);
  assert.deepEqual([written.length, finished()], [2, 1]);
});
