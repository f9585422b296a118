import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { elementStart, writeElement } from '../../agent/shape/element.ts';
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
