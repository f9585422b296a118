import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLimiter, readLimit } from '../../agent/shape/limit.ts';
import type { LimitRule } from '../../agent/types.ts';
import { input, problem } from '../config/load.ts';
import { chunkOf, contextOf, jsonOf, messagesOf, NOON, shaperOf } from './shaped.ts';

const rules = (text: string): readonly LimitRule[] => input(`[limit]\n${text}`).transform.limits;
const INFO = 14;
const DEBUG = 15;

/** How many of `count` records, one every `every` ms, pass. */
function passed(text: string, count: number, every: number, owner = 'app', pri = INFO): number {
  const limiter = createLimiter(rules(text))!;
  return Array.from({ length: count }, (_, i) => limiter.passes(owner, pri, i * every)).filter(Boolean).length;
}

describe('[limit]', () => {
  test('without a rule nothing is dropped', () => {
    assert.deepEqual(rules(''), []);
    assert.equal(createLimiter([]), undefined);
    assert.equal(passed("other.info = 1/s\n'app.err' = 1/s\n", 50, 0), 50);
  });

  test('a rate lets a burst of one span through, and then what the time brings', () => {
    assert.equal(passed('app = 10/s\n', 100, 0), 10);
    assert.equal(passed('app = 10/s\n', 100, 100), 100);
    assert.equal(passed('app = 10/s\n', 100, 50), 59);
    assert.equal(passed('app.* = 10/5m\n', 100, 1), 10);
  });

  test('a pause saves up no more than one span', () => {
    const limiter = createLimiter(rules('app = 10/s\n'))!;
    const burst = (now: number) =>
      Array.from({ length: 50 }, () => limiter.passes('app', INFO, now)).filter(Boolean).length;
    assert.deepEqual([burst(0), burst(1_000_000)], [10, 10]);
  });

  test('a clock that goes back brings nothing, and takes nothing', () => {
    const limiter = createLimiter(rules('app = 1/s\n'))!;
    assert.deepEqual(
      [5000, 5001, 1000, 1500, 2001].map((now) => limiter.passes('app', INFO, now)),
      [true, false, false, false, true],
    );
  });

  test('a sample lets the first of so many through', () => {
    assert.equal(passed('app.info = 1 in 10\n', 95, 0), 10);
    assert.equal(passed('app.info = 1 in 1\n', 95, 0), 95);
  });

  test('goes by owner and severity, each for itself where the rule says *', () => {
    const limiter = createLimiter(rules("'*.debug' = 2/s\napp = 3/s\n"))!;
    const of = (owner: string, pri: number) =>
      Array.from({ length: 9 }, () => limiter.passes(owner, pri, 0)).filter(Boolean).length;
    assert.deepEqual(
      [of('a', DEBUG), of('b', DEBUG), of('app', DEBUG), of('app', INFO), of('c', INFO)],
      [2, 2, 2, 3, 9],
    );
  });

  test('an owner may have dots in its name', () => {
    const [rule] = rules('org.example.App = 1/s\n');
    assert.deepEqual([rule!.owner, rule!.severity], ['org.example.App', undefined]);
    assert.deepEqual(
      [rules('org.example.App.err = 1/s\n')[0]!.owner, rules('org.example.App.err = 1/s\n')[0]!.severity],
      ['org.example.App', 3],
    );
  });

  test("an input's own rules come first", () => {
    const web = input('[input.web]\npath = /x\n[limit]\napp = 5/s\nx = 1/s\n[limit.web]\napp = none\ny = 2/s\n')
      .transform.limits;
    assert.deepEqual(
      web.map(({ name, most }) => [name, most]),
      [
        ['y', 2],
        ['x', 1],
      ],
    );
  });

  test('tells after a while what was suppressed, once, by owner and priority', () => {
    const limiter = createLimiter(rules('app = 1/h\n'))!;
    for (let i = 0; i < 5; i += 1) limiter.passes('app', INFO, 1000 + i);
    for (let i = 0; i < 3; i += 1) limiter.passes('app', DEBUG, 2000);
    assert.deepEqual(limiter.untold(5000), []);
    assert.deepEqual(limiter.untold(11_001), [
      { owner: 'app', pri: INFO, records: 4, rule: 'app' },
      { owner: 'app', pri: DEBUG, records: 2, rule: 'app' },
    ]);
    assert.deepEqual(limiter.untold(50_000), []);
    limiter.passes('app', INFO, 60_000);
    assert.deepEqual(limiter.untold(70_000), [{ owner: 'app', pri: INFO, records: 1, rule: 'app' }]);
  });

  test('tells where the clock was put back, too', () => {
    const limiter = createLimiter(rules('app = 1/h\n'))!;
    for (let i = 0; i < 2; i += 1) limiter.passes('app', INFO, 50_000);
    assert.equal(limiter.untold(1_000).length, 1);
  });

  test('many owners do not take much memory, and what they suppressed is told all the same', () => {
    const limiter = createLimiter(rules("'*' = 1/h\n"))!;
    let passes = 0;
    for (let i = 0; i < 40_000; i += 1) if (limiter.passes(`owner-${i >> 1}`, INFO, 0)) passes += 1;
    const told = limiter.untold(20_000);
    assert.equal(passes + told.reduce((sum, { records }) => sum + records, 0), 40_000);
    assert.ok(told.length < 5_000);
  });

  test('refuses what is no limit, with the cure', () => {
    assert.match(problem('limit', 'app', '100'), /'100' is no limit\. Write 100\/s, 1000\/5m, 1 in 10, or none/);
    assert.match(problem('limit', 'app', '0/s'), /'0\/s' is no limit/);
    assert.match(problem('limit', 'app', '1/parsec'), /'1parsec' is not a time|is no/);
  });

  test('drops what is above the limit, counts it, says how many bytes it was, and tells the server', () => {
    const shaper = shaperOf({ transform: { limits: rules('app.info = 2/h\n') } });
    shaper.open(contextOf());
    const line = (n: number) => `Jul  5 11:30:35 host app: message ${n}\n`;
    const bytes = Buffer.from([1, 2, 3, 4, 5].map(line).join('') + line(6).replace('app', 'other'));
    const first = shaper.shape(chunkOf(bytes));
    assert.deepEqual(
      messagesOf(first).map((message) => jsonOf(message.toString()).MSG),
      ['message 1', 'message 2', 'message 6'],
    );
    const len = line(1).length;
    assert.deepEqual([first.tally.sent.lines, first.tally.limited], [3, { lines: 3, bytes: 3 * len }]);
    assert.match(messagesOf(first)[2]!.toString(), new RegExp(` skip="${3 * len}"`));
    assert.equal(shaper.overdue(NOON + 5000), undefined);
    const told = shaper.overdue(NOON + 11_000)!;
    assert.match(
      messagesOf(told).map(String).join(),
      /^<45>1 \S+ agent tailship - - \[tail@32473 suppressed="3" owner="app" severity="info"\] \{"MSG":"app\.info: 3 records of it were suppressed by \[limit\] app\.info"\}$/,
    );
    assert.deepEqual([told.marks, told.tally.sent.lines], [[], 0]);
  });

  test('tells under a flow that never pauses, too, and stays in the main thread, which remembers it all', () => {
    const shaper = shaperOf({ transform: { limits: rules('app = 2/h\n') } });
    assert.equal(shaper.movable, false);
    shaper.open(contextOf());
    const bytes = Buffer.from('Jul  5 11:30:35 host app: message\n'.repeat(6));
    const half = bytes.length / 2;
    shaper.shape(chunkOf(bytes, 0, half));
    const second = shaper.shape(chunkOf(bytes, half, bytes.length, { readAt: NOON + 11_000 }));
    assert.match(messagesOf(second).join(), /suppressed="4"/);
  });

  test('goes by the stand-in for an owner where a line names none, and drops a joined record whole', () => {
    const shaper = shaperOf({ transform: { limits: rules('app = 1/h\n'), unmatched: 'join' } });
    shaper.open(contextOf());
    const text = 'first\nJul  5 11:30:35 host app: a\n  at b\n  at c\n';
    const batches = [
      shaper.shape(chunkOf(Buffer.from(text))),
      shaper.flush(1)!,
      shaper.overdue(Number.POSITIVE_INFINITY)!,
    ];
    assert.deepEqual(
      batches.map(({ tally }) => tally.limited?.lines),
      [undefined, 3, undefined],
    );
    assert.match(messagesOf(batches[2]!).join(), /suppressed="1"/);
  });
});

test('[limit]: what cannot be meant is refused with the reason', () => {
  for (const [text, reason] of [
    ['1/0s', /span of nothing/],
    ['1/0ms', /span of nothing/],
    ['99999999999999999999/s', /more than any file can bring/],
    ['1 in 99999999999999999999', /more than any file can bring/],
    ['1/400d', /more than a year/],
    ['0/s', /is no limit/],
    ['-1/s', /is no limit/],
    ['1/-1s', /is no limit/],
  ] as const)
    assert.throws(() => readLimit(text), reason, text);
  assert.deepEqual(readLimit('1000000000/366d'), { most: 1e9, span: 366 * 86_400_000 });
});
