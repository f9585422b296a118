import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clue } from '../../agent/wire/clue.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { chunkOf, contextOf, jsonOf, messagesOf, shaperOf } from './shaped.ts';

const line = (text: string) => `Jul  5 11:30:35 host app: ${text}\n`;
const NONE = { lines: 0, bytes: 0 };

/** Shapes `content` as the first chunk of a generation. */
function shape(content: string, setup: Parameters<typeof shaperOf>[0] = {}) {
  const shaper = shaperOf(setup);
  shaper.open(contextOf(setup.context));
  const batch = shaper.shape(chunkOf(Buffer.from(content)));
  const texts = messagesOf(batch).map(String);
  return {
    shaper,
    batch,
    msgs: texts.map((text) => jsonOf(text).MSG),
    identities: texts.map((text) => readIdentity(readRfc5424(text)!.sd[0]!)!),
  };
}

describe('lines', () => {
  test('end at LF or CRLF, the last one also at the end of the chunk', () => {
    const { msgs, batch } = shape('a\r\nb\n c \nd');
    assert.deepEqual(msgs, ['a', 'b', ' c ', 'd']);
    assert.deepEqual(batch.tally, { sent: { lines: 4, bytes: 10 }, filtered: NONE, dropped: NONE });
  });

  test('that are empty are not shipped; the next record says how many bytes they were', () => {
    const { msgs, identities, batch } = shape('\n\r\na\n\n\r\nb\n\n');
    assert.deepEqual(msgs, ['a', 'b']);
    assert.deepEqual(
      identities.map(({ at, len, skip }) => [at, len, skip]),
      [
        [3, 2, 3],
        [8, 2, 3],
      ],
    );
    assert.deepEqual(batch.tally, { sent: { lines: 2, bytes: 4 }, filtered: { lines: 5, bytes: 7 }, dropped: NONE });
    assert.deepEqual(batch.marks, [{ file: 1, offset: 11, skip: 1, clue: clue(Buffer.from('\n\r\na\n\n\r\nb\n\n')) }]);
  });

  test('that do not match are dropped and counted with unmatched = drop', () => {
    const { msgs, identities, batch, shaper } = shape(`x\n${line('a')}yy\n\n`, { transform: { unmatched: 'drop' } });
    assert.deepEqual(msgs, ['a']);
    assert.equal(identities[0]?.skip, 2);
    assert.deepEqual(batch.tally.dropped, { lines: 2, bytes: 5 });
    assert.deepEqual(batch.tally.filtered, { lines: 1, bytes: 1 });
    assert.equal(batch.marks[0]?.skip, 4);
    assert.equal(shaper.status().unmatched, 2);
  });

  test('none at all still move the mark', () => {
    const { batch } = shape('\n\n');
    assert.equal(batch.payload.length, 0);
    assert.equal(batch.ends.length, 0);
    assert.deepEqual([batch.marks[0]?.offset, batch.marks[0]?.skip], [2, 2]);
  });

  test('are shaped without the byte order mark at the start of the file', () => {
    const { msgs, identities } = shape(`\ufeff${line('a')}\ufeffb\n`);
    assert.deepEqual(msgs, ['a', '\ufeffb']);
    assert.equal(identities[0]?.at, 0);
    assert.equal(identities[0]?.len, Buffer.byteLength(`\ufeff${line('a')}`));
    assert.deepEqual(shape('\ufeff\n').msgs, []);
  });

  test('on which a pattern needs more memory than there is are shipped as unmatched', () => {
    const text = `${'x'.repeat(2 ** 24)}!`;
    const { msgs, shaper } = shape(`${text}\nxy\n`, { transform: { pattern: { regex: '^(?<msg>(?:x|y)*)$' } } });
    assert.ok(msgs[0] === text);
    assert.equal(msgs[1], 'xy');
    assert.equal(shaper.status().unmatched, 1);
  });

  test('that are not UTF-8 are counted', () => {
    const shaper = shaperOf();
    shaper.open(contextOf());
    shaper.shape(chunkOf(Buffer.from('a\xff\n\xc3\n\xef\xbf\xbd\nb\n', 'latin1')));
    assert.equal(shaper.status().invalidUtf8, 2);
  });
});

describe('a batch', () => {
  test('holds each message with one LF behind it that is no part of it', () => {
    const { batch } = shape(`${line('a')}${line('日')}`);
    const messages = messagesOf(batch);
    assert.equal(batch.payload.toString(), `${messages.join('\n')}\n`);
    assert.equal(batch.input, 'input');
    for (const message of messages) assert.ok(!message.includes(0x0a));
  });

  test('has memory of its own, which the next one leaves alone', () => {
    const shaper = shaperOf();
    shaper.open(contextOf());
    const content = Buffer.from(line('a') + line('b'));
    const half = content.length / 2;
    const first = shaper.shape(chunkOf(content, 0, half));
    const copy = Buffer.from(first.payload);
    shaper.shape(chunkOf(content, half));
    assert.ok(first.payload.equals(copy));
    assert.equal(first.payload.buffer.byteLength, first.payload.length);
    assert.equal(first.ends.buffer.byteLength, first.ends.byteLength);
  });

  test('has a clue of the bytes before its mark, from the chunk before where they begin there', () => {
    const content = Buffer.from(Array.from({ length: 40 }, (_, i) => `line ${i}\n`).join(''));
    const shaper = shaperOf();
    shaper.open(contextOf());
    for (const [start, end] of [
      [0, 14],
      [14, 21],
      [21, content.length],
    ] as const) {
      const [mark] = shaper.shape(chunkOf(content, start, end)).marks;
      assert.deepEqual(mark, {
        file: 1,
        offset: end,
        skip: 0,
        clue: clue(content.subarray(Math.max(0, end - 256), end)),
      });
    }
  });

  test('of a file that was never opened is refused', () => {
    assert.throws(() => shaperOf().shape(chunkOf(Buffer.from('a\n'))), /generation 1 was not opened/);
  });
});

describe('bytes that were passed over before they became lines', () => {
  test('count as skipped, not as lines', () => {
    const shaper = shaperOf();
    shaper.open(contextOf());
    const first = shaper.shape(chunkOf(Buffer.from('aaaa'), 0, 4, { cut: true }));
    const before = Buffer.from('aaaa and more\n');
    const gap = shaper.shape({ ...chunkOf(Buffer.alloc(0)), start: 4, end: 14, before });
    assert.deepEqual(gap.tally, { sent: NONE, filtered: { lines: 0, bytes: 10 }, dropped: NONE });
    assert.deepEqual(gap.marks, [{ file: 1, offset: 14, skip: 10, clue: clue(before) }]);
    const next = shaper.shape({ ...chunkOf(Buffer.from('b\n')), start: 14, end: 16, before });
    assert.match(next.payload.toString(), / at="14" len="2" skip="10"\]/);
    assert.match(first.payload.toString(), /\{"CUT":"1","MSG":"aaaa"\}/);
    assert.equal(shaper.status().cut, 1);
  });

  test('may stand behind the lines of a chunk', () => {
    const shaper = shaperOf();
    shaper.open(contextOf());
    const { tally, marks } = shaper.shape({ ...chunkOf(Buffer.from('a\nbb')), end: 20, cut: true });
    assert.deepEqual(tally, { sent: { lines: 2, bytes: 4 }, filtered: { lines: 0, bytes: 16 }, dropped: NONE });
    assert.deepEqual([marks[0]?.offset, marks[0]?.skip], [20, 16]);
  });
});

describe('the first record of a generation', () => {
  const after = { file: 7, gen: 'p'.repeat(16), end: 90, skip: 5 };
  const first = (identity: ReturnType<typeof shape>['identities'][number] | undefined) => [
    identity?.after,
    identity?.prevskip,
  ];

  test('names the generation before, and how far that was read', () => {
    const { identities } = shape('\na\nb\n', { context: { after } });
    assert.deepEqual(first(identities[0]), [{ gen: after.gen, end: 90 }, 5]);
    assert.equal(identities[0]?.skip, 1);
    assert.deepEqual(first(identities[1]), [undefined, undefined]);
  });

  test('is one from which nothing was shipped before, whatever was passed over', () => {
    const content = Buffer.from('\n\n\na\n');
    const open = (offset: number, skip: number) => {
      const shaper = shaperOf();
      shaper.open(contextOf({ offset, skip, after }));
      return shaper.shape(chunkOf(content, offset)).payload.toString();
    };
    assert.match(open(2, 2), / at="3" len="2" skip="3" after="p{16}:90" prevskip="5"\]/);
    assert.match(open(2, 1), / at="3" len="2" skip="2"\]/);
  });

  test('tells what was shaped of the one before in this run, even after that was let go', () => {
    for (const close of [false, true]) {
      const shaper = shaperOf();
      shaper.open(contextOf({ file: 7, gen: after.gen, offset: 90, skip: 5 }));
      shaper.shape({ ...chunkOf(Buffer.from('x\n\n')), file: 7, start: 90, end: 93 });
      if (close) shaper.close(7);
      shaper.open(contextOf({ after }));
      const { payload } = shaper.shape(chunkOf(Buffer.from('a\n')));
      assert.match(payload.toString(), / after="p{16}:93" prevskip="1"\]/);
    }
  });
});

test('a generation that goes on under a new identity says that all before was passed over, and follows none', () => {
  const shaper = shaperOf();
  const text = Buffer.from('old\nnew\n');
  shaper.open(contextOf({ offset: 4, skip: 4, after: undefined }));
  const [message] = messagesOf(shaper.shape(chunkOf(text, 4)));
  const { at, skip, after } = readIdentity(readRfc5424(message!.toString())!.sd[0]!)!;
  assert.deepEqual([at, skip, after], [4, 4, undefined]);
});
