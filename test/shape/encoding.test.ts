import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { chunkOf, contextOf, jsonOf, messagesOf, type Setup, shaperOf } from './shaped.ts';

/** Shapes a file in chunks that end behind the given offsets: MSG and identity of each record. */
function shape(content: Buffer, encoding: string, ends: readonly number[] = [content.length], setup: Setup = {}) {
  const shaper = shaperOf({ ...setup, input: { encoding } });
  shaper.open(contextOf());
  const batches = ends.map((end, i) => shaper.shape(chunkOf(content, ends[i - 1] ?? 0, end)));
  const texts = batches.flatMap((batch) => messagesOf(batch).map(String));
  return {
    msgs: texts.map((text) => jsonOf(text).MSG),
    places: texts.map((text) => {
      const { at, len } = readIdentity(readRfc5424(text)!.sd[0]!)!;
      return [at, len];
    }),
    invalid: shaper.status().invalidUtf8,
  };
}

const utf16 = (text: string, big = false) => {
  const bytes = Buffer.from(text, 'utf16le');
  return big ? bytes.swap16() : bytes;
};

describe('encoding', () => {
  test('single bytes and those of Asia come out as UTF-8, and places count the bytes of the file', () => {
    assert.deepEqual(shape(Buffer.from('gr\xfc\xdfe\nb\n', 'latin1'), 'latin1').msgs, ['grüße', 'b']);
    assert.deepEqual(shape(Buffer.from([0x80, 0x0a]), 'windows-1252').msgs, ['€']);
    const japanese = Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x0d, 0x0a, 0x61, 0x0a]);
    assert.deepEqual(shape(japanese, 'shift_jis'), {
      msgs: ['日本', 'a'],
      places: [
        [0, 6],
        [6, 2],
      ],
      invalid: 0,
    });
    assert.deepEqual(shape(Buffer.from([0xd6, 0xd0, 0xce, 0xc4, 0x0a]), 'gb18030').msgs, ['中文']);
  });

  for (const big of [false, true]) {
    const encoding = big ? 'utf-16be' : 'utf-16le';
    test(`${encoding}: any text, in any chunks, with or without a byte order mark`, () => {
      const text = fc.string({ unit: fc.constantFrom('a', 'ä', '日', '😀', '\u0a0a', '\u000a\u0061', 'Ċ', '\r\n') });
      fc.assert(
        fc.property(fc.array(text), fc.boolean(), fc.nat(), (parts, marked, pick) => {
          const lines = parts.map((part) => `x${part}\n`).join('');
          const content = utf16(`${marked ? '\ufeff' : ''}${lines}`, big);
          const ends = [...lines.matchAll(/\n/g)].map(({ index }) => (index + 1 + Number(marked)) * 2);
          const cut = ends.filter((_, i) => i === ends.length - 1 || ((pick >> (i % 20)) & 1) === 1);
          const { msgs, places, invalid } = shape(content, encoding, cut);
          const expected = lines
            .split('\n')
            .slice(0, -1)
            .map((line) => line.replace(/\r$/, ''));
          assert.deepEqual(
            msgs,
            expected.filter((line) => line !== ''),
          );
          assert.equal(invalid, 0);
          const pieces = places.map(([from, len]) => content.subarray(from!, from! + len!));
          const decoded = pieces.map((bytes) => new TextDecoder(encoding).decode(bytes).replace(/\r?\n$/, ''));
          assert.deepEqual(decoded, msgs);
        }),
      );
    });
  }

  test('what cannot be decoded becomes U+FFFD and is counted, and U+FFFD in the text is not', () => {
    const { msgs, invalid } = shape(Buffer.from([0x93, 0x0a, 0x61, 0x0a]), 'shift_jis');
    assert.deepEqual([msgs[0]!.startsWith('\ufffd'), msgs[1], invalid], [true, 'a', 1]);
    assert.equal(shape(utf16('\ufffd\n'), 'utf-16le').invalid, 0);
  });

  test('lines match, join and are redacted like any other', () => {
    const transform: Setup['transform'] = {
      unmatched: 'join',
      redact: { rules: new Map([['card', 'ready' as const]]), hashKey: undefined },
    };
    const content = utf16('Jul  5 11:30:35 host app: ü 4111111111111111\n  at b\nJul  5 11:30:36 host app: c\n');
    assert.deepEqual(shape(content, 'utf-16le', [content.length], { transform }).msgs, ['ü ***\n  at b']);
  });

  test('what a chunk says of its encoding goes before the key', () => {
    const shaper = shaperOf({ input: { encoding: 'shift_jis' } });
    shaper.open(contextOf());
    const take = (content: Buffer, encoding: string, start: number) =>
      messagesOf(shaper.shape({ ...chunkOf(content), start, end: start + content.length, encoding })).map(
        (one) => jsonOf(String(one)).MSG,
      );
    assert.deepEqual(take(Buffer.from('\ufeffä\n'), 'utf-8', 0), ['ä']);
    assert.deepEqual(take(utf16('ä\n'), 'utf-16le', 6), ['ä']);
  });
});
