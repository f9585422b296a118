import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEscapes } from '../../agent/shape/escapes.ts';

test('bytes are clean where none of them needs an escape, whatever was asked before', () => {
  const byte = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 255 }) },
    { weight: 9, arbitrary: fc.constant(0x61) },
  );
  const bytes = fc
    .array(byte, { maxLength: 200 })
    .map((list) => Buffer.from(list.map((one) => (one === 0x0a ? 0x61 : one))));
  const places = fc.array(fc.nat(200), { maxLength: 30 }).map((list) => list.sort((a, b) => a - b));
  const escapes = createEscapes();
  fc.assert(
    fc.property(bytes, places, (content, froms) => {
      escapes.load(content);
      for (const [i, from] of froms.entries()) {
        const to = Math.min(content.length, froms[i + 1] ?? content.length);
        if (from > to) continue;
        const clean = content.subarray(from, to).every((one) => one >= 0x20 && ![0x22, 0x5c, 0x7f].includes(one));
        assert.equal(escapes.clean(from, to), clean);
      }
    }),
    { numRuns: 500 },
  );
});
