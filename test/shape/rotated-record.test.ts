/** A record whose lines a rotation has parted: it begins in one generation and goes on in the next. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Batch, Checkpoint, FileId } from '../../agent/types.ts';
import { clue } from '../../agent/wire/clue.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { chunkOf, contextOf, GEN, jsonOf, messagesOf, NOON, type Setup, shaperOf } from './shaped.ts';

const JOIN: Setup = { transform: { unmatched: 'join' } };
const NEXT = 'n'.repeat(16);
const AFTER = { file: 1, gen: GEN, end: 0, skip: 0 };
const line = (text: string) => `Jul  5 11:30:35 host app: [1][ERROR] ${text}\n`;
const texts = (batch: Batch | undefined) => (batch ? messagesOf(batch).map(String) : []);
const msgs = (batch: Batch | undefined) => texts(batch).map((text) => jsonOf(text).MSG);
const identities = (batch: Batch) => texts(batch).map((text) => readIdentity(readRfc5424(text)!.sd[0]!)!);
const marks = (batch: Batch | undefined) => batch?.marks.map(({ file, offset, skip }) => [file, offset, skip]);

/** A shaper that has shaped a generation of `content`, whose last record waits, and is told of the next one. */
function begin(content: string, setup = JOIN) {
  const shaper = shaperOf(setup);
  shaper.open(contextOf());
  const bytes = Buffer.from(content);
  const batch = shaper.shape(chunkOf(bytes));
  shaper.open(contextOf({ file: 2, gen: NEXT, after: AFTER }));
  return { shaper, bytes, batch };
}

/** Feeds pieces of the next generation one by one. */
function feeder({ shaper }: Pick<ReturnType<typeof begin>, 'shaper'>, readAt = NOON) {
  let content = Buffer.alloc(0);
  return (text: string, at = readAt) => {
    const start = content.length;
    content = Buffer.concat([content, Buffer.from(text)]);
    return shaper.shape(chunkOf(content, start, content.length, { file: 2, readAt: at }));
  };
}

describe('a record that a rotation has parted', () => {
  test('goes on with the first lines of the next generation, whose bytes count as passed over there', () => {
    const { shaper, bytes } = begin(`${line('a')} at x\n`);
    shaper.open(contextOf({ file: 2, gen: 'n'.repeat(16), after: { file: 1, gen: GEN, end: 0, skip: 0 } }));
    const next = Buffer.from(` at y\n at z\n${line('b')}${line('c')}`);
    const batch = shaper.shape({ ...chunkOf(next), file: 2 });
    assert.deepEqual(msgs(batch), ['a\n at x\n at y\n at z', 'b']);
    const [first, second] = texts(batch).map((text) => readIdentity(readRfc5424(text)!.sd[0]!)!);
    assert.deepEqual([first!.gen, first!.at, first!.len], [GEN, 0, bytes.length]);
    assert.deepEqual([second!.at, second!.skip, second!.after], [12, 12, { gen: GEN, end: bytes.length }]);
    assert.deepEqual(batch.tally.sent, { lines: 5, bytes: bytes.length + 12 + line('b').length });
    assert.deepEqual(
      batch.marks.map(({ file, offset }) => [file, offset]),
      [
        [1, bytes.length],
        [2, 12 + line('b').length],
      ],
    );
  });

  test('goes on over several chunks of the next generation, and no mark passes its lines before it is shipped', () => {
    const started = begin(line('a'));
    const feed = feeder(started);
    const end = started.bytes.length;
    for (const text of [' at x\n', ' at y\n at z\n']) {
      const batch = feed(text);
      assert.deepEqual(msgs(batch), []);
      assert.deepEqual(marks(batch), [[2, 0, 0]]);
      assert.equal(batch.marks[0]!.clue, clue(Buffer.alloc(0)));
    }
    const batch = feed(`${line('b')}${line('c')}`);
    assert.deepEqual(msgs(batch), ['a\n at x\n at y\n at z', 'b']);
    assert.deepEqual(marks(batch), [
      [1, end, 0],
      [2, 18 + line('b').length, 0],
    ]);
    assert.equal(identities(batch)[1]!.skip, 18);
    assert.deepEqual(identities(batch)[1]!.after, { gen: GEN, end });
  });

  test('is overdue a second after its last line, and both generations then stand behind it', () => {
    for (const closed of [false, true]) {
      const started = begin(line('a'));
      const { shaper, bytes } = started;
      const feed = feeder(started);
      feed(' at x\n', NOON + 100);
      // Its generation was read to the end long ago; the next one may still have lines for it.
      if (closed) shaper.close(1);
      feed(' at y\n', NOON + 500);
      assert.equal(shaper.overdue(NOON + 1499), undefined);
      const batch = shaper.overdue(NOON + 1500);
      assert.deepEqual(msgs(batch), ['a\n at x\n at y']);
      assert.deepEqual(marks(batch), [
        [1, bytes.length, 0],
        [2, 12, 12],
      ]);
      assert.deepEqual(batch!.tally.sent, { lines: 3, bytes: bytes.length + 12 });
      // What comes later is a record of its own.
      assert.deepEqual(msgs(feed(` at z\n${line('b')}`, NOON + 2000)), [' at z']);
    }
  });

  for (const when of ['after a second', 'as soon as the one behind that is read']) {
    test(`is complete ${when} where its next generation is let go, too`, () => {
      const started = begin(line('a'));
      const { shaper, bytes } = started;
      feeder(started)(' at x\n');
      shaper.close(1);
      shaper.close(2);
      const overdue = when === 'after a second' ? shaper.overdue(NOON + 1000) : undefined;
      shaper.open(contextOf({ file: 3, gen: 'm'.repeat(16), after: { file: 2, gen: NEXT, end: 0, skip: 0 } }));
      const third = shaper.shape(chunkOf(Buffer.from(line('b') + line('c')), 0, undefined, { file: 3 }));
      const all = overdue ? [overdue, third] : [third];
      assert.deepEqual(all.flatMap(msgs), ['a\n at x', 'b']);
      assert.deepEqual(all.flatMap(marks), [
        [1, bytes.length, 0],
        [2, 6, 6],
        [3, line('b').length, 0],
      ]);
      const { after, prevskip } = identities(third).at(-1)!;
      assert.deepEqual([after, prevskip], [{ gen: NEXT, end: 6 }, 6]);
    });
  }

  test('does not go on in the generation behind the next one', () => {
    const started = begin(line('a'));
    const { shaper, bytes } = started;
    feeder(started)(' at x\n');
    shaper.open(contextOf({ file: 3, gen: 'm'.repeat(16), after: { file: 2, gen: NEXT, end: 0, skip: 0 } }));
    const third = shaper.shape(chunkOf(Buffer.from(` at y\n${line('b')}`), 0, undefined, { file: 3 }));
    assert.deepEqual(msgs(third), ['a\n at x', ' at y']);
    assert.deepEqual(marks(third), [
      [1, bytes.length, 0],
      [2, 6, 6],
      [3, 6, 0],
    ]);
  });

  test('ends where a late writer adds to its own generation', () => {
    const started = begin(line('a'));
    const { shaper, bytes } = started;
    const feed = feeder(started);
    feed(' at x\n');
    const late = Buffer.concat([bytes, Buffer.from(` late\n`)]);
    const batch = shaper.shape(chunkOf(late, bytes.length));
    assert.deepEqual(msgs(batch), ['a\n at x']);
    assert.deepEqual(marks(batch), [
      [1, bytes.length, 0],
      [2, 6, 6],
      [1, bytes.length, 0],
    ]);
    assert.deepEqual(msgs(feed(line('b'))), [' late']);
    assert.deepEqual(msgs(shaper.overdue(NOON + 5000)), ['b']);
  });

  test('ends where bytes were left out in the next generation', () => {
    const started = begin(line('a'));
    const { shaper, bytes } = started;
    feeder(started)(' at x\n');
    const gap = { ...chunkOf(Buffer.alloc(0)), file: 2, start: 6, end: 106, before: Buffer.alloc(106) };
    const batch = shaper.shape(gap);
    assert.deepEqual(msgs(batch), ['a\n at x']);
    assert.deepEqual(marks(batch), [
      [1, bytes.length, 0],
      [2, 106, 106],
    ]);
  });

  test('keeps blank lines on either side of the rotation, and the sum of both generations closes', () => {
    const started = begin(`${line('a')}\n`);
    const { bytes } = started;
    const feed = feeder(started);
    feed('\n at x\n\n');
    const batch = feed(` at y\n\n${line('b')}${line('c')}`);
    assert.deepEqual(msgs(batch), ['a\n\n\n at x\n\n at y', 'b']);
    const [first, second] = identities(batch);
    assert.deepEqual([first!.at, first!.len], [0, bytes.length]);
    assert.deepEqual([second!.at, second!.skip, second!.prevskip], [15, 15, undefined]);
  });

  test('has no more than a thousand lines and a MiB, wherever they stand', () => {
    const started = begin(line('a'));
    const feed = feeder(started);
    const batches = Array.from({ length: 5 }, () => feed(`${'x'.repeat(300_000)}\n`));
    assert.deepEqual(
      batches.flatMap(msgs).map((text) => text!.split('\n').length),
      [4],
    );
    const many = feeder(begin(line('a')))('x\n'.repeat(2500));
    assert.deepEqual(
      msgs(many).map((text) => text!.split('\n').length),
      [1000, 1000],
    );
  });

  test("of a container's pieces is put together, under any policy", () => {
    for (const unmatched of ['ship', 'drop', 'join'] as const) {
      const stamp = '2024-07-15T12:00:00.000000000Z stdout';
      const started = begin(`${stamp} P one \n`, { transform: { pattern: { builtin: 'cri' }, unmatched } });
      const { shaper } = started;
      const feed = feeder(started);
      const all = [feed(`${stamp} P two \n`), feed(`${stamp} F three\n${stamp} F next\n`), shaper.overdue(NOON + 5000)];
      assert.deepEqual(all.flatMap(msgs), ['one two three', 'next'], unmatched);
    }
  });
});

const part = fc.constantFrom(line('one'), line('two'), ' at x\n', ' at y\n', '\n', '日志\n');
const content = fc.array(part, { maxLength: 12 }).map((all) => Buffer.from(all.join('')));

/** Shapes two generations from their marks on, each cut behind some of its lines. */
function shapeBoth(
  files: readonly Buffer[],
  choice: readonly number[],
  from: ReadonlyMap<FileId, Checkpoint>,
): Batch[] {
  const shaper = shaperOf(JOIN);
  const batches: Batch[] = [];
  for (const [i, bytes] of files.entries()) {
    const file = i + 1;
    const { offset, skip } = from.get(file) ?? { offset: 0, skip: 0 };
    const ends = [...bytes.entries()].filter(([at, byte]) => byte === 0x0a && at + 1 > offset).map(([at]) => at + 1);
    const cuts = ends.filter((end, n) => end === bytes.length || choice.includes(n));
    const before = { ...AFTER, end: files[0]!.length, skip: from.get(1)?.skip ?? 0 };
    if (cuts.length > 0)
      shaper.open(contextOf({ file, offset, skip, ...(file === 2 && { gen: NEXT, after: before }) }));
    for (const [n, end] of cuts.entries())
      batches.push(shaper.shape(chunkOf(bytes, cuts[n - 1] ?? offset, end, { file })));
  }
  const last = shaper.overdue(Number.POSITIVE_INFINITY);
  return last ? [...batches, last] : batches;
}

describe('two generations', () => {
  const all = (batches: readonly Batch[]) => batches.flatMap((batch) => texts(batch));
  const cut = fc.array(fc.nat({ max: 12 }), { maxLength: 6 });

  test('give the same messages, however they are cut into chunks, and every byte and line counts once', () => {
    fc.assert(
      fc.property(content, content, cut, (one, two, choice) => {
        const batches = shapeBoth([one, two], choice, new Map());
        assert.deepEqual(all(batches), all(shapeBoth([one, two], [], new Map())));
        const sum = (what: 'lines' | 'bytes') =>
          batches.reduce((total, { tally: { sent, filtered } }) => total + sent[what] + filtered[what], 0);
        assert.equal(sum('bytes'), one.length + two.length);
        assert.equal(sum('lines'), `${one}${two}`.split('\n').length - 1);
      }),
      { numRuns: 500 },
    );
  });

  test('go on from the marks of any batch as if nothing had happened', () => {
    fc.assert(
      fc.property(content, content, cut, (one, two, choice) => {
        const batches = shapeBoth([one, two], choice, new Map());
        const stand = new Map<FileId, Checkpoint>();
        for (const [i, batch] of batches.entries()) {
          for (const mark of batch.marks) stand.set(mark.file, mark);
          const rest = shapeBoth([one, two], choice, stand);
          assert.deepEqual(all(rest), all(batches.slice(i + 1)));
        }
      }),
      { numRuns: 500 },
    );
  });
});
