import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Member, newDraft } from '../../agent/shape/draft.ts';
import { FORMATS as FORMS } from '../../agent/shape/format.ts';
import { cutIntoParts } from '../../agent/shape/parts.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { chunkOf, contextOf, GEN, jsonOf, messagesOf, type Setup, shaperOf } from './shaped.ts';

const FORMATS = ['rfc5424', 'rfc3164', 'script'] as const;
const HEAD = 'Jul  5 11:30:35 host app: [12][INFO] [x] ';

const characters = fc.constantFrom('a', 'b', ' ', '"', '\\', '\t', '\x01', '\x7f', 'é', '日', '😀', '\u2028');
const texts = fc.string({ unit: characters, minLength: 1, maxLength: 600 });

/** The messages of one line, as bytes; each is no longer than `chunk`, valid UTF-8, and ends with a whole JSON object. */
function partsOf(line: string, chunk: number, setup: Setup = {}, start = 0): string[] {
  const shaper = shaperOf({ ...setup, record: { ...setup.record, chunk } });
  shaper.open(contextOf(setup.context));
  const bytes = Buffer.from(`${line}\n`);
  const messages = messagesOf(shaper.shape({ ...chunkOf(bytes), start, end: start + bytes.length }));
  for (const message of messages) {
    assert.ok(message.length <= chunk, `${message.length} bytes: ${message}`);
    assert.ok(isUtf8(message));
    jsonOf(message.toString());
  }
  return messages.map(String);
}

test('a record that fits is one message and loses nothing, even where its line does not fit', () => {
  const transform = { pattern: { regex: '^(?<level>\\w+) (?<key>\\w+) .* (?<msg>\\w+)$' } };
  for (const format of FORMATS)
    for (let length = 1; length < 150; length += 1) {
      const line = `INFO ${'k'.repeat(length)} ${'x'.repeat(300)} end`;
      const [whole] = partsOf(line, 10_000, { transform, record: { format } });
      if (whole!.length <= 220) assert.deepEqual(partsOf(line, 220, { transform, record: { format } }), [whole]);
    }
});

describe('a record longer than chunk', () => {
  for (const format of FORMATS) {
    test(`${format}: comes in parts that make the whole message when put together`, () => {
      fc.assert(
        fc.property(texts, fc.integer({ min: 300, max: 480 }), fc.boolean(), (text, chunk, matches) => {
          const head = matches ? HEAD : 'text: ';
          const messages = partsOf(head + text, chunk, { record: { format } });
          const whole = messages.map((message) => jsonOf(message).MSG).join('');
          assert.equal(whole, matches ? text : head + text);
          const [first, ...others] = messages.map((message) => ({ ...jsonOf(message), MSG: '', PART: '' }));
          for (const other of others) assert.deepEqual(other, first);
        }),
        { numRuns: 300 },
      );
    });
  }

  test('repeats header and identity in every part, and numbers them', () => {
    const line = HEAD + '日志 "x" '.repeat(200);
    const after = { file: 9, gen: 'p'.repeat(16), end: 50, skip: 3 };
    const messages = partsOf(line, 480, { context: { offset: 100, skip: 100, after } }, 100);
    assert.ok(messages.length > 5);
    const records = messages.map((message) => readRfc5424(message)!);
    const identity = { gen: GEN, at: 100, len: Buffer.byteLength(line) + 1, skip: 100, prevskip: 3 };
    for (const [i, record] of records.entries()) {
      const expected = {
        ...identity,
        after: { gen: 'p'.repeat(16), end: 50 },
        part: { n: i + 1, of: messages.length },
      };
      assert.deepEqual(readIdentity(record.sd[0]!), expected);
      assert.deepEqual([record.pri, record.timestamp, record.hostname], [14, '2024-07-05T11:30:35Z', 'host']);
    }
  });

  test('in rfc3164 and script names the part and the record in its JSON', () => {
    for (const format of ['rfc3164', 'script'] as const) {
      const messages = partsOf(HEAD + 'word '.repeat(200), 300, {
        record: { format },
        context: { gen: 'g'.repeat(16) },
      });
      assert.ok(messages.length > 3);
      for (const [i, message] of messages.entries()) {
        assert.equal(jsonOf(message).PART, `${i + 1}/${messages.length}`);
        assert.equal(jsonOf(message).REC, `${'g'.repeat(16)}:0`);
        const keys = Object.keys(jsonOf(message));
        assert.deepEqual(keys, [...keys].sort());
      }
    }
  });

  test('fills its parts: all but the last have no room for another character', () => {
    const messages = partsOf('日'.repeat(1000), 480);
    for (const message of messages.slice(0, -1)) assert.ok(Buffer.byteLength(message) > 480 - 3 - 4, message);
  });

  test('that just fits is one message without a part', () => {
    const size = Buffer.byteLength(partsOf('x'.repeat(500), 4096)[0]!);
    assert.equal(partsOf('x'.repeat(500), size).length, 1);
    assert.equal(partsOf('x'.repeat(501), size).length, 2);
    assert.equal(partsOf(`x${'é'.repeat(249)}x`, size).length, 1);
    assert.equal(partsOf(`x${'é'.repeat(250)}x`, size).length, 2);
  });

  test('that just fits is one message, also where characters are not bytes', () => {
    const byCharacters: Setup = { transform: { pattern: { regex: '(?<msg>.*)' } } };
    const size = Buffer.byteLength(partsOf('日'.repeat(100), 4096, byCharacters)[0]!);
    assert.equal(partsOf('日'.repeat(100), size, byCharacters).length, 1);
    assert.equal(partsOf(`${'日'.repeat(99)}xxxx`, size, byCharacters).length, 2);
  });

  test("has no key twice, whatever the operator's groups are called", () => {
    const pattern = { regex: '^(?<part>\\w+) (?<rec>\\w+) (?<cut>\\w+) (?<msg>.*)' };
    const setup = { transform: { pattern }, record: { format: 'rfc3164' } } as const;
    const messages = partsOf(`one two three ${'x'.repeat(900)}`, 300, setup);
    assert.ok(messages.length > 3);
    for (const [i, message] of messages.entries()) {
      assert.equal(message.split('"PART"').length, 2);
      assert.equal(jsonOf(message).PART, `${i + 1}/${messages.length}`);
      assert.equal(jsonOf(message).CUT, 'three');
    }
    assert.equal(jsonOf(partsOf('one two three x', 300, setup)[0]!).PART, 'one');
  });

  test('is made part by part, as they are asked for', () => {
    const { rfc5424 } = FORMS;
    let written = 0;
    const format = {
      ...rfc5424,
      head(...parts: Parameters<typeof rfc5424.head>) {
        written += 1;
        return rfc5424.head(...parts);
      },
    };
    const draft = { ...newDraft(), wide: true };
    const identity = { gen: GEN, at: 0, len: 300_001 };
    const members: Member[] = [['MSG', '0123456789'.repeat(30_000)]];
    const { messages } = cutIntoParts({ draft, members, identity, sdId: 'tail@32473', format, limit: 300 });
    let parts = 0;
    for (const message of messages) {
      assert.ok(message.length <= 300);
      parts += 1;
      assert.ok(written < parts + 20, `${written} were written for ${parts}`);
    }
    assert.ok(parts > 1000);
  });

  test('may have thousands of parts', () => {
    const messages = partsOf('0123456789'.repeat(30_000), 300);
    assert.ok(messages.length > 1000);
    assert.equal(messages.map((message) => jsonOf(message).MSG).join(''), '0123456789'.repeat(30_000));
  });
});

describe('a record whose other fields are too long', () => {
  const regex = '^(?<owner>[^|]*)\\|(?<a>[^|]*)\\|(?<b>[^|]*)\\|(?<msg>.*)';
  const setup: Setup = { transform: { pattern: { regex } } };

  test('loses their ends, the longest first, says so, and keeps all of MSG', () => {
    const messages = partsOf(`app|${'a'.repeat(5000)}|short|${'text '.repeat(100)}`, 1024, setup);
    assert.equal(messages.map((message) => jsonOf(message).MSG).join(''), 'text '.repeat(100));
    for (const message of messages) {
      const { A, B, CUT } = jsonOf(message);
      assert.equal(B, 'short');
      assert.equal(CUT, '1');
      assert.ok(A!.length > 100 && /^a+$/.test(A!));
    }
  });

  test('leaves MSG half of the room at least, so that parts stay few', () => {
    const line = `app|${'a'.repeat(100_000)}|${'b'.repeat(100_000)}|${'x'.repeat(10_000)}`;
    const messages = partsOf(line, 1024, setup);
    assert.ok(messages.length < 40);
    assert.match(jsonOf(messages[0]!).B!, /^b{100,}$/);
  });

  test('is counted as cut', () => {
    const shaper = shaperOf({ ...setup, record: { chunk: 480 } });
    shaper.open(contextOf());
    shaper.shape(chunkOf(Buffer.from(`app|${'a'.repeat(5000)}||x\napp|a|b|${'x'.repeat(5000)}\n`)));
    assert.equal(shaper.status().cut, 1);
  });

  test('without MSG among its keys is one message', () => {
    const messages = partsOf(`app|${'a'.repeat(5000)}|b|x`, 480, { ...setup, record: { json: ['A', 'B'] } });
    assert.equal(messages.length, 1);
    assert.equal(jsonOf(messages[0]!).B, 'b');
  });

  test('never becomes a message longer than chunk, however small that is, and always comes to an end', () => {
    const long = (unit: string) => fc.nat(400).map((n) => unit.repeat(n));
    const line = fc
      .tuple(long('o'), long('日'), long('"'), long('x😀'), long('\\'))
      .map(([o, a, b, m, n]) => `${o}|${a}|${b}|${m}${n}`);
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 400 }), fc.constantFrom(...FORMATS), (text, chunk, format) => {
        const shaper = shaperOf({ ...setup, record: { chunk, format, json: 'all' } });
        shaper.open(contextOf({ offset: 9e15, skip: 8e15 }));
        const bytes = Buffer.from(`${text}\n`);
        const chunkRead = { ...chunkOf(bytes), start: 9e15, end: 9e15 + bytes.length };
        const messages = messagesOf(shaper.shape(chunkRead));
        assert.ok(messages.length > 0);
        for (const message of messages) assert.ok(message.length <= chunk);
      }),
      { numRuns: 500 },
    );
  });
});
