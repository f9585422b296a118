import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Batch } from '../../agent/types.ts';
import { clue } from '../../agent/wire/clue.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { chunkOf, contextOf, GEN, jsonOf, messagesOf, NOON, type Setup, shaperOf, shapeText } from './shaped.ts';

const JOIN: Setup = { transform: { unmatched: 'join' } };
const line = (text: string) => `Jul  5 11:30:35 host app: [1][ERROR] ${text}\n`;
const texts = (batch: Batch | undefined) => (batch ? messagesOf(batch).map(String) : []);
const msgs = (batch: Batch | undefined) => texts(batch).map((text) => jsonOf(text).MSG);

/** A shaper that has shaped `content`, and the batch. */
function begin(content: string | Buffer) {
  const shaper = shaperOf(JOIN);
  shaper.open(contextOf());
  const bytes = Buffer.from(content);
  return { shaper, bytes, batch: shaper.shape(chunkOf(bytes)) };
}

describe('unmatched = join', () => {
  test('appends lines that do not match to the record before', () => {
    const content = `${line('a')} at x\r\n\tat "y"\n${line('b')}${line('c')}日志\n`;
    const records = shapeText(content, JOIN).map((text) => readRfc5424(text)!);
    assert.deepEqual(
      records.map(({ msg }) => (JSON.parse(msg) as { MSG: string }).MSG),
      ['a\n at x\n\tat "y"', 'b', 'c\n日志'],
    );
    assert.ok(records[0]!.msg.includes('a\\n at x\\n\\tat \\"y\\"'));
    const lengths = records.map(({ sd }) => readIdentity(sd[0]!)!.len);
    assert.deepEqual(lengths, [line('a').length + 15, line('b').length, line('c').length + 7]);
  });

  test('keeps blank lines between them, and passes over those behind', () => {
    const { shaper, batch } = begin(`${line('a')}\n\r\n at x\n\n\n${line('b')}`);
    assert.deepEqual(msgs(batch), ['a\n\n\n at x']);
    const len = line('a').length + 9;
    assert.equal(readIdentity(readRfc5424(texts(batch)[0]!)!.sd[0]!)!.len, len);
    assert.deepEqual(batch.tally.sent, { lines: 4, bytes: len });
    assert.deepEqual(batch.tally.filtered, { lines: 2, bytes: 2 });
    assert.deepEqual([batch.marks[0]?.offset, batch.marks[0]?.skip], [len + 2, 2]);
    assert.equal(readIdentity(readRfc5424(texts(shaper.flush(1))[0]!)!.sd[0]!)!.skip, 2);
  });

  test('ships a line with no record before it as unmatched, with the lines that follow', () => {
    const { batch, shaper } = begin(`at x\nat y\n${line('a')}`);
    assert.deepEqual(msgs(batch), ['at x\nat y']);
    assert.match(texts(batch)[0]!, /^<14>1 2024-07-15T12:00:00.000Z agent app - - .* len="10"\]/);
    assert.equal(shaper.status().unmatched, 1);
  });

  test('never moves the mark past the start of a record that waits', () => {
    const content = Buffer.from(`${line('a')}${line('b')} at x\n at y\n`);
    const shaper = shaperOf(JOIN);
    shaper.open(contextOf());
    const b = line('a').length;
    const cut = content.length - 6;
    const first = shaper.shape(chunkOf(content, 0, cut));
    assert.deepEqual(first.marks, [{ file: 1, offset: b, skip: 0, clue: clue(content.subarray(0, b)) }]);
    const second = shaper.shape(chunkOf(content, cut));
    assert.deepEqual(second.marks, first.marks);
    assert.equal(second.payload.length, 0);
    const last = shaper.flush(1);
    assert.deepEqual(msgs(last), ['b\n at x\n at y']);
    assert.deepEqual(last?.marks, [{ file: 1, offset: content.length, skip: 0, clue: clue(content) }]);
    assert.equal(shaper.flush(1), undefined);
  });

  test('begins a new record where one has a thousand lines or a MiB', () => {
    const long = shapeText(`${line('a')}${'x\n'.repeat(2500)}`, JOIN);
    assert.deepEqual(
      long.map((text) => jsonOf(text).MSG!.split('\n').length),
      [1000, 1000, 501],
    );
    const large = shapeText(`${line('a')}${`${'x'.repeat(300_000)}\n`.repeat(7)}`, JOIN);
    for (const text of large) assert.ok(readIdentity(readRfc5424(text)!.sd[0]!)!.len <= 2 ** 20);
    assert.deepEqual(
      large.map((text) => jsonOf(text).MSG!.split('\n').length),
      [4, 3, 1],
    );
  });

  test('takes the time and the time of reading of the first line', () => {
    const shaper = shaperOf(JOIN);
    shaper.open(contextOf());
    const content = Buffer.from('at x\nat y\n');
    shaper.shape(chunkOf(content, 0, 5));
    shaper.shape(chunkOf(content, 5, 10, { readAt: NOON + 500 }));
    assert.match(texts(shaper.flush(1))[0]!, /2024-07-15T12:00:00.000Z/);
  });

  test('ends a record where bytes were left out behind it', () => {
    const { shaper, batch } = begin(line('a'));
    assert.equal(batch.payload.length, 0);
    const end = line('a').length;
    const before = Buffer.alloc(256);
    const gap = shaper.shape({ ...chunkOf(Buffer.alloc(0)), start: end, end: end + 1000, before });
    assert.deepEqual(msgs(gap), ['a']);
    assert.deepEqual(gap.marks, [{ file: 1, offset: end + 1000, skip: 1000, clue: clue(before) }]);
    const next = shaper.shape({ ...chunkOf(Buffer.from('at x\n')), start: end + 1000, end: end + 1005, before });
    assert.equal(next.payload.length, 0);
    assert.match(texts(shaper.flush(1))[0]!, / len="5" skip="1000"\] \{"MSG":"at x"\}/);
  });

  test('ends a record where reading goes on at another place', () => {
    const { shaper, bytes } = begin(line('a'));
    const next = shaper.shape({ ...chunkOf(Buffer.from('at x\n')), start: bytes.length + 10, end: bytes.length + 15 });
    assert.deepEqual(msgs(next), ['a']);
    assert.deepEqual(msgs(shaper.flush(1)), ['at x']);
  });

  test('marks a record as cut when any of its lines was', () => {
    const { shaper, bytes } = begin(line('a'));
    shaper.shape({ ...chunkOf(Buffer.from('long')), start: bytes.length, end: bytes.length + 4, cut: true });
    assert.equal(jsonOf(texts(shaper.flush(1))[0]!).CUT, '1');
  });
});

describe('a record that waits', () => {
  test('is overdue a second after its last line was read', () => {
    const { shaper, bytes } = begin(line('a'));
    assert.equal(shaper.overdue(NOON + 999), undefined);
    shaper.shape({
      ...chunkOf(Buffer.from(' at x\n')),
      start: bytes.length,
      end: bytes.length + 6,
      readAt: NOON + 500,
    });
    assert.equal(shaper.overdue(NOON + 1499), undefined);
    assert.deepEqual(msgs(shaper.overdue(NOON + 1500)), ['a\n at x']);
    assert.equal(shaper.overdue(Number.POSITIVE_INFINITY), undefined);
  });

  test('is overdue at once when its generation is let go', () => {
    const { shaper, bytes } = begin(line('a'));
    shaper.close(1);
    const batch = shaper.overdue(NOON);
    assert.deepEqual(msgs(batch), ['a']);
    assert.equal(batch?.marks[0]?.offset, bytes.length);
    shaper.open(contextOf({ file: 2, after: { file: 1, gen: GEN, end: 0, skip: 0 } }));
    const { payload } = shaper.shape({ ...chunkOf(Buffer.from(line('b') + line('c'))), file: 2 });
    assert.match(payload.toString(), new RegExp(` after="${GEN}:${bytes.length}"`));
  });

  for (const closed of [false, true]) {
    test(`goes before the first record of the next generation${closed ? ', also when its own was let go' : ''}`, () => {
      const { shaper, bytes } = begin(line('a'));
      if (closed) shaper.close(1);
      shaper.open(contextOf({ file: 2, gen: 'n'.repeat(16), after: { file: 1, gen: GEN, end: 0, skip: 0 } }));
      const batch = shaper.shape({ ...chunkOf(Buffer.from(line('b') + line('c'))), file: 2 });
      assert.deepEqual(msgs(batch), ['a', 'b']);
      assert.match(texts(batch)[1]!, new RegExp(` after="${GEN}:${bytes.length}"`));
      assert.deepEqual(
        batch.marks.map(({ file, offset }) => [file, offset]),
        [
          [1, bytes.length],
          [2, line('b').length],
        ],
      );
    });
  }

  test('of one of many generations comes out with the others that are overdue', () => {
    const shaper = shaperOf(JOIN);
    for (let file = 1; file <= 5; file += 1) {
      shaper.open(contextOf({ file }));
      shaper.shape({ ...chunkOf(Buffer.from(line(`from ${file}`))), file, readAt: NOON + file });
    }
    const batch = shaper.overdue(NOON + 1003);
    assert.deepEqual(msgs(batch), ['from 1', 'from 2', 'from 3']);
    assert.deepEqual(
      batch?.marks.map(({ file }) => file),
      [1, 2, 3],
    );
    assert.deepEqual(batch?.tally.sent.lines, 3);
  });

  test('is forgotten when its generation is opened anew', () => {
    const { shaper } = begin(line('a'));
    shaper.open(contextOf());
    assert.equal(shaper.flush(1), undefined);
    assert.equal(shaper.overdue(Number.POSITIVE_INFINITY), undefined);
  });
});
