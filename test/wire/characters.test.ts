import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOf } from '../../agent/wire/lines.ts';

/** All characters of one, two and three bytes, as an encoding's own decoder has them. */
function charactersOf(encoding: string): Buffer[] {
  const decoder = new TextDecoder(encoding, { fatal: true });
  // Some decoders let a lone first half pass as a control character.
  const isOne = (bytes: Buffer): boolean => {
    try {
      return /^[^\u0080-\u009f]$/u.test(decoder.decode(bytes));
    } catch {
      return false;
    }
  };
  const high = Array.from({ length: 128 }, (_, i) => 128 + i);
  const all = Array.from({ length: 256 }, (_, i) => i);
  const one = all.map((byte) => Buffer.of(byte)).filter(isOne);
  const two = high.flatMap((lead) => all.map((trail) => Buffer.of(lead, trail))).filter(isOne);
  const three = encoding === 'euc-jp' ? all.flatMap((a) => all.map((b) => Buffer.of(0x8f, a, b))).filter(isOne) : [];
  const four =
    encoding === 'gb18030'
      ? all.flatMap((a) => all.map((b) => Buffer.of(0x90, 0x30 + (a % 10), 0x81, 0x30 + (b % 10)))).filter(isOne)
      : [];
  return [one, two, three, four].flat();
}

for (const encoding of ['latin1', 'koi8-r', 'shift_jis', 'euc-jp', 'euc-kr', 'big5', 'gbk', 'gb18030']) {
  test(`a cut in ${encoding} keeps all characters that fit, and no half one`, () => {
    const rules = linesOf({ encoding });
    const decoder = new TextDecoder(encoding);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...charactersOf(encoding)), { minLength: 1 }),
        fc.nat(),
        (characters, at) => {
          const bytes = Buffer.concat(characters);
          const to = at % (bytes.length + 1);
          let expected = 0;
          for (const { length } of characters) {
            if (expected + length > to) break;
            expected += length;
          }
          assert.equal(rules.character(bytes, to), expected);
          assert.ok(decoder.decode(bytes).startsWith(decoder.decode(bytes.subarray(0, expected))));
        },
      ),
    );
  });
}

test('a cut in iso-2022-jp takes escape sequences into account', () => {
  const rules = linesOf({ encoding: 'iso-2022-jp' });
  const bytes = Buffer.from('ab\x1b$B$"$$\x1b(Bcd', 'latin1');
  const cuts = Array.from(bytes, (_, to) => rules.character(bytes, to));
  assert.deepEqual(cuts, [0, 1, 2, 2, 2, 5, 5, 7, 7, 9, 9, 9, 12, 13]);
});

test('an encoding that does not exist is refused', () => {
  assert.throws(() => linesOf({ encoding: 'utf-9' }), RangeError);
});
