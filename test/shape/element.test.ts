import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { elementStart, writeElement } from '../../agent/shape/element.ts';
import { createElementBytes } from '../../agent/shape/elementbytes.ts';
import { memoryOf } from '../../agent/shape/put.ts';
import { writeIdentity } from '../../agent/wire/identity.ts';
import { GEN } from './shaped.ts';

test('the prepared element is the one that wire/ writes', () => {
  const number = fc.oneof(fc.nat(20_000), fc.maxSafeNat());
  fc.assert(
    fc.property(number, number, fc.oneof(fc.constant(0), number), (at, len, skip) => {
      const element = writeElement(elementStart('tail@32473', GEN), at, len, skip);
      assert.equal(element, writeIdentity('tail@32473', { gen: GEN, at, len, skip }));
    }),
  );
});

test('as bytes it is the same, whatever records of which generations come one after the other', () => {
  const offset = fc.oneof(fc.nat(30_000), fc.nat(2 ** 31), fc.maxSafeNat());
  const record = fc.tuple(offset, fc.oneof(fc.nat(2000), fc.nat(2 ** 31)), fc.oneof(fc.constant(0), fc.nat(20_000)));
  const walk = fc.array(fc.tuple(fc.constantFrom(GEN, 'zzzzyyyyxxxxwwww'), record), { maxLength: 20 });
  fc.assert(
    fc.property(walk, (records) => {
      const bytes = createElementBytes();
      const out = memoryOf(Buffer.alloc(200));
      let current = '';
      for (const [gen, [at, len, skip]] of records) {
        const start = elementStart('tail@32473', gen);
        if (gen !== current) bytes.enter(start);
        current = gen;
        const end = bytes.put(out, 3, at, len, skip);
        assert.equal(out.bytes.toString('latin1', 3, end), writeElement(start, at, len, skip));
      }
    }),
  );
});
