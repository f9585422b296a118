import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createBudget, SLOW } from '../../agent/shape/budget.ts';
import { compilePattern } from '../../agent/shape/pattern.ts';
import { chunkOf, contextOf, jsonOf, messagesOf, shaperOf, shapeText } from './shaped.ts';

/** It has no linear form, and on words that do not end well it tries every way to cut them. */
const HOSTILE = '^(?<msg>(\\w{1,20}\\s?)*)$';
const BAD = `${'word '.repeat(40)}!`;

describe('a pattern that V8 cannot run in linear time', () => {
  test('is known as one, and others are not', () => {
    const risky = (regex: string) => compilePattern({ regex }).risky;
    assert.equal(risky(HOSTILE), true);
    for (const regex of ['(?<a>x)(?=y)', '(?<a>x)\\k<a>', '(?<a>x)\\1']) assert.equal(risky(regex), true, regex);
    for (const regex of ['(?<a>(x+x+)+y)', '^(?<a>(\\w+\\s?)*)$', '(?<a>\\d{1,3})'])
      assert.equal(risky(regex), false, regex);
  });

  test('gives each line the result that it has without a budget', () => {
    const { match } = compilePattern({ regex: '^(?<a>\\w+)(?= )' });
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '!') })), (lines) => {
        assert.deepEqual(createBudget(match).match(lines), lines.map(match));
      }),
      { numRuns: 50 },
    );
  });

  test('is ended on a line that takes for ever, and goes on with the next', () => {
    const budget = createBudget(compilePattern({ regex: HOSTILE }).match, { together: 40, alone: 20, most: 3 });
    const first = budget.match(['fine', BAD, 'also fine']);
    assert.deepEqual(
      first.map((found) => (found === SLOW ? SLOW : found?.[1])),
      ['fine', SLOW, 'also fine'],
    );
    assert.deepEqual([budget.overruns(), budget.setAside()], [1, false]);
    assert.deepEqual(budget.match([BAD, BAD, 'fine']), [SLOW, SLOW, SLOW]);
    assert.deepEqual([budget.overruns(), budget.setAside()], [3, true]);
  });

  test('harmless lines that are slow only together are no overruns', () => {
    let calls = 0;
    const busy = (line: string) => {
      calls += 1;
      const end = performance.now() + 5;
      while (performance.now() < end);
      return [line];
    };
    const budget = createBudget(busy, { together: 12, alone: 10_000, most: 1 });
    const lines = Array.from({ length: 12 }, (_, i) => String(i));
    assert.deepEqual(
      budget.match(lines),
      lines.map((line) => [line]),
    );
    assert.equal(budget.overruns(), 0);
    assert.ok(calls >= lines.length);
  });

  test('an error of the matching itself comes through', () => {
    const budget = createBudget(() => {
      throw new Error('broken');
    });
    assert.throws(() => budget.match(['x']), /broken/);
  });
});

describe('the shaper', () => {
  test('ships a line that took too long whole, tagged, under every policy', () => {
    for (const unmatched of ['ship', 'drop', 'join'] as const) {
      const messages = shapeText(`one\n\n${BAD}\ntwo\n`, { transform: { pattern: { regex: HOSTILE }, unmatched } });
      assert.deepEqual(messages.map(jsonOf), [{ MSG: 'one' }, { MSG: BAD, SLOW: '1' }, { MSG: 'two' }], unmatched);
      assert.match(messages[1]!, / skip="1"\]/);
    }
  });

  test('sets the pattern aside when it took too long too often, says so once, and goes on shipping', () => {
    const said: string[] = [];
    const shaper = shaperOf({ transform: { pattern: { regex: HOSTILE } } }, (sentence) => said.push(sentence));
    shaper.open(contextOf());
    const content = Buffer.from(`${BAD}\n`.repeat(12) + 'fine\n'.repeat(3));
    const cut = content.length - 5;
    const batches = [shaper.shape(chunkOf(content, 0, cut)), shaper.shape(chunkOf(content, cut))];
    const messages = batches.flatMap(messagesOf).map((message) => jsonOf(String(message)));
    assert.equal(messages.length, 15);
    for (const { SLOW: tag } of messages) assert.equal(tag, '1');
    assert.match(said.join('|'), /^The pattern of input input took too long on too many lines and is set aside [^|]*$/);
    const { overruns, setAside, unmatched } = shaper.status();
    assert.deepEqual({ overruns, setAside, unmatched }, { overruns: 10, setAside: true, unmatched: 15 });
  });

  test('hostile lines at hostile patterns: each line ends by the linear engine or by the interrupt, and is shipped', () => {
    const patterns = fc.constantFrom(
      HOSTILE,
      '^(?<msg>(a+)+)$',
      '(?<msg>(a|aa)+)$',
      '^(?<msg>(.*a){12})(?=b)',
      '(?<msg>(\\s*a\\s*)+\\d)',
      '^(?<time>\\w+ )*(?<msg>\\w{2,30}!)(?<!a!)$',
      '(?<msg>(?:a|\\w)*)\\k<msg>b',
    );
    const line = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ' ', '!'), minLength: 1, maxLength: 60 }),
      fc.integer({ min: 20, max: 400 }).map((n) => `${'a'.repeat(n)}!`),
      fc.integer({ min: 20, max: 60 }).map((n) => `${'ab '.repeat(n)}!`),
    );
    fc.assert(
      fc.property(patterns, fc.array(line, { minLength: 1, maxLength: 4 }), (regex, lines) => {
        const text = lines.map((one) => `${one}\n`).join('');
        const messages = shapeText(text, { transform: { pattern: { regex } } });
        assert.equal(messages.length, lines.length);
      }),
      { numRuns: 6 },
    );
  });
});
