import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createJoiner, type IncompleteRecord, type JoinerLimits } from '../../agent/receive/parts.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { cutRecord, GEN, record } from './records.ts';

const LIMITS: JoinerLimits = { records: 100, bytes: 1_000_000, age: 5000 };

function joiner(limits: Partial<JoinerLimits> = {}) {
  const clock = createTurnedClock();
  const given: IncompleteRecord[] = [];
  const made = createJoiner({ clock, limits: { ...LIMITS, ...limits }, incomplete: (one) => void given.push(one) });
  /** Hands in part `n` of the record of line `line`. */
  function add(line: number, n: number, of = 3): string | undefined {
    const identity = { gen: GEN[0], at: line * 10, len: 10 };
    const message = cutRecord(
      identity,
      Array.from({ length: of }, (_, i) => `<${i + 1} of ${of}>`),
    )[n - 1]!;
    return made.add({ rec: `${GEN[0]}:${line * 10}`, n, of }, Buffer.from(message))?.toString();
  }
  const whole = (line: number) => record({ gen: GEN[0], at: line * 10, len: 10 }, '<1 of 3><2 of 3><3 of 3>');
  return { ...made, clock, given, part: add, whole };
}

test('parts in any order, some of them twice, become the whole record once', () => {
  const order = fc.shuffledSubarray([1, 2, 3], { minLength: 3 });
  fc.assert(
    fc.property(order, fc.array(fc.nat(1)), (numbers, twice) => {
      const { part, whole, status } = joiner();
      const early = numbers.slice(0, 2);
      const came = [...early, ...twice.map((i) => early[i]!), numbers[2]!];
      const results = came.map((n) => part(7, n));
      assert.deepEqual(
        results.filter((result) => result !== undefined),
        [whole(7)],
      );
      assert.equal(results.at(-1), whole(7));
      assert.deepEqual(status(), { waiting: 0, joined: 1, incomplete: 0, repeated: twice.length });
    }),
  );
});

test('the parts of many records may be mixed', () => {
  const { part, whole } = joiner();
  const lines = [1, 2, 3, 4, 5];
  for (const n of [3, 1]) for (const line of lines) assert.equal(part(line, n), undefined);
  for (const line of lines) assert.equal(part(line, 2), whole(line));
});

test('a record whose parts do not come in time is given up with what came of it', () => {
  const { part, clock, given, status } = joiner();
  part(1, 3);
  part(1, 1);
  clock.turn(3000);
  part(2, 1);
  clock.turn(2000);
  assert.equal(given.length, 1);
  assert.equal(given[0]?.rec, `${GEN[0]}:10`);
  assert.equal(given[0].of, 3);
  assert.deepEqual(
    given[0].parts.map((bytes) => /part="(\d)/.exec(bytes.toString())?.[1]),
    ['1', '3'],
  );
  assert.equal(status().waiting, 1);
  clock.turn(3000);
  assert.equal(given.length, 2);
  assert.equal(status().waiting, 0);
});

test('a part that comes again after its record was joined is a repeat and no incomplete record', () => {
  const { part, clock, given, status } = joiner();
  for (const n of [1, 2, 3, 2]) part(1, n);
  clock.turn(5000);
  assert.deepEqual(given, []);
  assert.deepEqual(status(), { waiting: 0, joined: 1, incomplete: 0, repeated: 1 });
});

test('a record that is sent again as a whole is joined again', () => {
  const { part, whole } = joiner();
  for (const _ of [1, 2])
    assert.deepEqual(
      [1, 2, 3].map((n) => part(1, n)),
      [undefined, undefined, whole(1)],
    );
});

test('parts of different cuts of one record do not mix', () => {
  const { part, whole, clock, given } = joiner();
  assert.equal(part(1, 1, 2), undefined);
  assert.deepEqual(
    [2, 1, 3].map((n) => part(1, n, 3)),
    [undefined, undefined, whole(1)],
  );
  clock.turn(5000);
  assert.deepEqual(given, [], 'the record arrived, the other cut was a repeat');
});

test('what waits is bounded in number, the oldest is given up first', () => {
  const { part, given, status } = joiner({ records: 3 });
  for (const line of [1, 2, 3, 4, 5]) part(line, 1);
  assert.equal(status().waiting, 3);
  assert.deepEqual(
    given.map(({ rec }) => rec),
    [`${GEN[0]}:10`, `${GEN[0]}:20`],
  );
});

test('what waits is bounded in bytes, also where one record announces a billion parts', () => {
  const { add, given, status } = joiner({ bytes: 1000 });
  for (let n = 1; n <= 100; n += 1) add({ rec: 'g:0', n, of: 999_999_999 }, Buffer.alloc(100));
  assert.ok(status().waiting <= 1);
  assert.equal(given.length, 9);
});

test('parts that do not fit together are given up as they came', () => {
  const { add, given } = joiner();
  const parts = ['<14>{"MSG": "a", "PART": "1/2"}', '<14>nonsense'].map((text) => Buffer.from(text));
  for (const [i, bytes] of parts.entries()) assert.equal(add({ rec: 'g:0', n: i + 1, of: 2 }, bytes), undefined);
  assert.deepEqual(given[0]?.parts, parts);
  assert.match(given[0].why, /do not fit together/);
});

test('at the end all that wait are given up', () => {
  const { part, flush, given, clock } = joiner();
  part(1, 1);
  part(2, 2);
  flush();
  assert.equal(given.length, 2);
  clock.turn(10_000);
  assert.equal(given.length, 2);
});
