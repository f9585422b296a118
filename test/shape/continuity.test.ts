/** What must hold for any file, however it is cut into chunks and wherever shaping begins again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Batch, Checkpoint } from '../../agent/types.ts';
import { clue } from '../../agent/wire/clue.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { chunkOf, contextOf, messagesOf, type Setup, shaperOf } from './shaped.ts';

const matching = fc
  .tuple(fc.constantFrom('INFO', 'ERROR', 'x'), fc.string({ unit: 'binary', maxLength: 40 }))
  .map(([level, text]) => `Jul  5 11:30:35 host app: [1][${level}] ${text.replaceAll('\n', ' ')}`);
const line = fc
  .oneof(
    { weight: 4, arbitrary: matching },
    { weight: 3, arbitrary: fc.constantFrom(' at x', '\tat "y"', '日志', 'a\x00b', 'x'.repeat(300)) },
    { weight: 2, arbitrary: fc.constantFrom('', '\r', 'a\r', '\ufeff', '\ufeffx') },
  )
  .map((text) => Buffer.from(text));
const broken = fc
  .constantFrom('b\xff', '\xc3', '\xf0\x9f\x98', '\xed\xa0\x80x')
  .map((text) => Buffer.from(text, 'latin1'));

/** A file: whole lines, and at times a last one without its end. */
const files = fc
  .tuple(
    fc.array(fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: broken }), { maxLength: 30 }),
    fc.boolean(),
  )
  .map(([lines, open]) => {
    const bytes = Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\n')]));
    return open ? bytes.subarray(0, Math.max(0, bytes.length - 1)) : bytes;
  });

const setups = fc.record({
  transform: fc.record({
    unmatched: fc.constantFrom('ship', 'drop', 'join'),
    pattern: fc.constantFrom(
      { builtin: 'app' },
      { builtin: 'script' },
      { regex: 'Jul.*\\[(?<level>\\w+)\\] (?<msg>.*)' },
    ),
  }),
  record: fc.record({ chunk: fc.constantFrom(0, 300), format: fc.constant('rfc5424') }),
}) satisfies fc.Arbitrary<Setup>;

/** Where a file may be cut into chunks: behind its lines. */
function borders(file: Buffer, choice: readonly number[]): number[] {
  const ends = [...file.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
  const chosen = choice.map((n) => ends[n % ends.length]).filter((end) => end !== undefined);
  return [...new Set([0, ...chosen, file.length])].sort((a, b) => a - b);
}

/** Shapes the file from a checkpoint on; the last batch is what waited at the end. */
function shapeFrom(
  file: Buffer,
  cuts: readonly number[],
  setup: Setup,
  from?: Pick<Checkpoint, 'offset' | 'skip'>,
): Batch[] {
  const shaper = shaperOf(setup);
  const after = { file: 9, gen: 'p'.repeat(16), end: 50, skip: 0 };
  const { offset, skip } = from ?? { offset: 0, skip: 0 };
  shaper.open(contextOf({ offset, skip, after }));
  const starts = [offset, ...cuts.filter((cut) => cut > offset && cut < file.length)];
  const batches = starts.map((start, i) => shaper.shape(chunkOf(file, start, starts[i + 1] ?? file.length)));
  const last = shaper.flush(1);
  return last ? [...batches, last] : batches;
}

const all = (batches: readonly Batch[]): string[] => batches.flatMap((batch) => messagesOf(batch).map(String));

describe('any file', () => {
  test('gives the same messages, however it is cut into chunks', () => {
    fc.assert(
      fc.property(files, setups, fc.array(fc.nat(), { maxLength: 8 }), (file, setup, choice) => {
        assert.deepEqual(all(shapeFrom(file, borders(file, choice), setup)), all(shapeFrom(file, [0], setup)));
      }),
      { numRuns: 500 },
    );
  });

  test('is tiled by its records and the bytes passed over, and the tally counts each byte and line once', () => {
    fc.assert(
      fc.property(files, setups, fc.array(fc.nat(), { maxLength: 8 }), (file, setup, choice) => {
        let end = 0;
        let settled = 0;
        let lines = 0;
        for (const batch of shapeFrom(file, borders(file, choice), setup)) {
          for (const message of messagesOf(batch).map(String)) {
            const { at, len, skip = 0, after, part } = readIdentity(readRfc5424(message)!.sd[0]!)!;
            assert.equal(after !== undefined, at === skip, 'only the first record names the generation before');
            if (part && part.n > 1) continue;
            assert.equal(at, end + skip);
            end = at + len;
          }
          const [mark] = batch.marks;
          assert.equal(mark?.offset, end + mark!.skip);
          assert.equal(mark?.clue, clue(file.subarray(Math.max(0, mark!.offset - 256), mark!.offset)));
          const { sent, filtered, dropped } = batch.tally;
          settled += sent.bytes + filtered.bytes + dropped.bytes;
          lines += sent.lines + filtered.lines + dropped.lines;
          assert.equal(settled, mark?.offset);
        }
        assert.equal(settled, file.length);
        const text = file.toString('latin1');
        assert.equal(lines, text.split('\n').length - (text === '' || text.endsWith('\n') ? 1 : 0));
      }),
      { numRuns: 500 },
    );
  });

  test('goes on from any mark as if nothing had happened', () => {
    fc.assert(
      fc.property(files, setups, fc.array(fc.nat(), { maxLength: 8 }), (file, setup, choice) => {
        const cuts = borders(file, choice);
        const batches = shapeFrom(file, cuts, setup);
        for (const [i, { marks }] of batches.entries()) {
          const rest = shapeFrom(file, cuts, setup, marks[0]);
          assert.deepEqual(all(rest), all(batches.slice(i + 1)));
        }
      }),
      { numRuns: 500 },
    );
  });
});
