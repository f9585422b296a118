import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Harvester } from '../../agent/tail/harvester.ts';
import { createReadSpace, type ReadSpace } from '../../agent/tail/readspace.ts';
import { clue } from '../../agent/wire/clue.ts';
import { linesOf } from '../../agent/wire/lines.ts';

/** Everything that is read of a file, each chunk copied before the next is asked for. */
function readAll(content: Buffer, space: ReadSpace | undefined): unknown[] {
  const nothing = clue(Buffer.alloc(0));
  const clock = { now: () => 0, ticks: () => 0, after: () => () => {} };
  const harvester = new Harvester(
    { input: 'input', clock, maxLine: 100, largest: 64, space, lines: linesOf({ encoding: 'utf-8' }) },
    { file: 1, clues: { dev: 1, ino: 1, birth: 0, headBytes: 0, head: nothing }, modified: 0 },
    { read: (into, at) => content.copy(into, 0, at), close() {} },
    { offset: 0, clue: nothing },
  );
  const found: unknown[] = [];
  for (;;) {
    const take = harvester.take(content.length, true);
    if (take.what !== 'chunk' && take.what !== 'more') return [...found, take, harvester.mark()];
    if (take.what === 'chunk') found.push(structuredClone(take.chunk));
  }
}

test('chunks read into one memory are those read into memory of their own', () => {
  const line = fc.tuple(fc.constantFrom('a', 'bc', '日', '\0'), fc.nat(150)).map(([text, times]) => text.repeat(times));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const content = Buffer.from(lines.join('\n'));
      const kept = createReadSpace();
      // What was read before is overwritten, as another file's bytes would.
      const space: ReadSpace = (bytes) => kept(bytes).fill('x');
      assert.deepEqual(readAll(content, space), readAll(content, undefined));
    }),
    { numRuns: 200 },
  );
});

test('memory that is larger than what is kept is given back with the next call', () => {
  const space = createReadSpace();
  const [usual, large] = [space(1_300_000).buffer, space(30_000_000)];
  assert.equal(large.length, 30_000_000);
  assert.equal(space(1_000).buffer, usual);
  assert.equal(large.buffer.byteLength, 0);
});
