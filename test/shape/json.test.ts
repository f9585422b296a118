import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { COMPACT, PYTHON } from '../../agent/shape/json.ts';

const STYLES = { COMPACT, PYTHON };
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('"', '\\', '\n', '\t', '\x00', '\x1f', '\x7f', 'é', '日', '😀', '\ud83d', '\ude00', '\u2028'),
  ),
});

describe('an escaped value', () => {
  for (const [name, style] of Object.entries(STYLES)) {
    test(`${name}: reads back as it was`, () => {
      fc.assert(fc.property(text, (value) => assert.equal(JSON.parse(`"${style.escape(value)}"`), value)));
    });

    test(`${name}: has no control character`, () => {
      fc.assert(fc.property(text, (value) => assert.doesNotMatch(style.escape(value), /[\x00-\x1f\x7f]/)));
    });

    test(`${name}: has the size that was foretold`, () => {
      fc.assert(fc.property(text, (value) => assert.equal(style.size(value), Buffer.byteLength(style.escape(value)))));
    });

    test(`${name}: is cut where the room ends, and never within a character`, () => {
      fc.assert(
        fc.property(text, fc.nat(20), fc.nat(60), (value, from, room) => {
          const start = Math.min(from, value.length);
          const end = style.fit(value, start, room);
          assert.ok(style.size(value.slice(start, end)) <= room);
          if (end === value.length) return;
          assert.ok(
            style.size(String.fromCodePoint(value.codePointAt(end)!)) > room - style.size(value.slice(start, end)),
          );
        }),
      );
    });
  }

  test('COMPACT leaves what is not ASCII as it is', () => {
    assert.equal(COMPACT.escape('é日😀\u2028'), 'é日😀\u2028');
    assert.equal(COMPACT.escape('"\\/\b\f\n\r\t\x01\x7f'), '\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f');
  });

  test('PYTHON is ASCII only', () => {
    assert.equal(PYTHON.escape('é日😀\x7f"'), '\\u00e9\\u65e5\\ud83d\\ude00\\u007f\\"');
    fc.assert(fc.property(text, (value) => assert.match(PYTHON.escape(value), /^[ -~]*$/)));
  });
});
