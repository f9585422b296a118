import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSettleRule, STALL } from '../../agent/ship/settle.ts';

const LINGER = 500;

/** One step of a story: time passes, then something happens. `look`: what the peer has acknowledged by then is seen. */
const step = fc.record({
  wait: fc.integer({ min: 0, max: 180 }),
  what: fc.oneof(
    fc.record({ write: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ acknowledge: fc.integer({ min: 1, max: 120 }) }),
    fc.constant({ acknowledge: Number.POSITIVE_INFINITY }),
    fc.constant('look' as const),
  ),
});

type Truth = { end: number; written: number; acknowledged: number };

/** How long of the time from `from` to `to` nothing waited longer than STALL. */
function openTime(all: readonly Truth[], from: number, to: number): number {
  let open = 0;
  for (let at = from; at < to; at += 1) {
    // A millisecond counts as open unless something waits too long in all of it.
    const stalled = all.some(({ written, acknowledged }) => written + STALL <= at && acknowledged > at);
    if (!stalled) open += 1;
  }
  return open;
}

/** Plays a story, and calls back at every step after what happened. */
function play(steps: readonly { wait: number; what: unknown }[], rule: ReturnType<typeof createSettleRule>) {
  return (each: (time: number, truth: Truth[]) => void) => {
    const truth: Truth[] = [];
    let time = 0;
    let end = 0;
    let acknowledged = 0;
    for (const { wait, what } of steps as { wait: number; what: { write?: number; acknowledge?: number } | 'look' }[]) {
      time += wait;
      if (what === 'look') rule.observe(time, acknowledged);
      else if (what.write !== undefined) {
        end += what.write;
        truth.push({ end, written: time, acknowledged: Number.POSITIVE_INFINITY });
        rule.write(time, what.write, what.write);
      } else {
        acknowledged = Math.min(end, acknowledged + (what.acknowledge ?? 0));
        for (const batch of truth)
          if (batch.end <= acknowledged) batch.acknowledged = Math.min(batch.acknowledged, time);
      }
      each(time, truth);
    }
  };
}

test('nothing settles before it was acknowledged and linger has passed since without a stall, whatever the looks show', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const rule = createSettleRule({ linger: LINGER, reserve: 100, pressed: 100 });
      let settled = 0;
      play(
        steps,
        rule,
      )((time, truth) => {
        for (let count = rule.due(time); count > 0; count -= 1) {
          const batch = truth[settled]!;
          settled += 1;
          assert.ok(batch.acknowledged <= time, 'acknowledged');
          assert.ok(openTime(truth, batch.acknowledged, time) >= LINGER, 'lingered');
        }
      });
    }),
    { numRuns: 300 },
  );
});

test('early, only what is acknowledged settles, with the reserve behind it or the shorter wait since, and no more than is needed', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 120 }),
      fc.integer({ min: 1, max: 200 }),
      (steps, excess) => {
        const [reserve, pressed] = [100, 200];
        const rule = createSettleRule({ linger: Number.POSITIVE_INFINITY, reserve, pressed });
        let settled = 0;
        play(
          steps,
          rule,
        )((time, truth) => {
          const count = rule.press(time, excess);
          const taken = truth.slice(settled, settled + count);
          settled += count;
          const known = Math.max(0, ...truth.filter(({ acknowledged }) => acknowledged <= time).map(({ end }) => end));
          for (const batch of taken) {
            assert.ok(batch.acknowledged <= time);
            assert.ok(known - batch.end >= reserve - 50 || openTime(truth, batch.acknowledged, time) >= pressed);
          }
          const room = taken.slice(0, -1).reduce((sum, { end }, i) => sum + end - (taken[i - 1]?.end ?? end), 0);
          assert.ok(room < excess || count <= 1);
        });
      },
    ),
    { numRuns: 300 },
  );
});

test('with a peer that acknowledges and looks that come in time everything settles when linger has passed', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 50 }), (waits) => {
      const rule = createSettleRule({ linger: LINGER, reserve: 100, pressed: 100 });
      const writes: number[] = [];
      let time = 0;
      let settled = 0;
      const pass = (until: number) => {
        for (; time < until; time += 10) {
          rule.observe(time, writes.filter((written) => written + 40 <= time).length);
          settled += rule.due(time);
          assert.ok(writes.slice(settled).every((written) => time - written < LINGER + 60));
        }
      };
      for (const wait of waits) {
        rule.write(time, 1, 1);
        writes.push(time);
        pass(time + wait);
      }
      pass(time + LINGER + 100);
      assert.equal(settled, writes.length);
    }),
  );
});

test('the next settle is foretold where no observation is needed, and only there', () => {
  const rule = createSettleRule({ linger: 2_000, reserve: 100, pressed: 500 });
  assert.equal(rule.dueAt(false), undefined);
  rule.write(1_000, 10, 10);
  assert.equal(rule.dueAt(false), undefined);
  rule.observe(1_200, 10);
  assert.equal(rule.dueAt(false), 3_200);
  assert.equal(rule.dueAt(true), 1_700);
  rule.write(1_300, 10, 10);
  assert.equal(rule.dueAt(false), undefined, 'the second may wait too long');
  assert.equal(rule.waitingSince(), 1_300);
  assert.equal(rule.due(3_199), 0);
});

test('with linger 0 an acknowledgement settles', () => {
  const rule = createSettleRule({ linger: 0, reserve: 100, pressed: 500 });
  rule.write(0, 10, 10);
  rule.write(0, 10, 10);
  rule.observe(300, 15);
  assert.equal(rule.due(300), 1);
  rule.observe(310, 20);
  assert.equal(rule.due(310), 1);
});
