import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesTakenBy, meets } from '../../agent/shape/byteset.ts';

/** Every UTF-16 unit, as V8 tells of each by itself whether the expression takes it. */
function takenUnits(raw: string): boolean[] {
  const regex = new RegExp(`^(?:${raw})$`, 's');
  return Array.from({ length: 0x10000 }, (_, unit) => regex.test(String.fromCharCode(unit)));
}

function assertTaken(raw: string): void {
  const units = takenUnits(raw);
  const beyond = units.slice(0x80);
  const some = beyond.includes(true);
  const all = !beyond.includes(false);
  for (const counted of [false, true]) {
    const value = !some ? 0 : all && !counted ? 1 : 2;
    const expected = units.slice(0, 0x100).map((taken, byte) => (byte < 0x80 ? Number(taken) : value));
    assert.deepEqual([...bytesTakenBy(raw, counted)], expected, `${raw}, ${counted ? '' : 'not '}counted`);
  }
}

const units = fc.integer({ min: 0, max: 0xffff });
const special = new Set([...'\\]^-'].map((one) => one.charCodeAt(0)));
const hex = (unit: number, digits: number) => unit.toString(16).padStart(digits, '0');
/** A unit in one of the ways in which a class can name it. */
const named = fc.oneof(
  units.map((unit) => `\\u${hex(unit, 4)}`),
  fc.integer({ min: 0, max: 0xff }).map((unit) => `\\x${hex(unit, 2)}`),
  fc.integer({ min: 0, max: 0xff }).map((unit) => `\\${unit.toString(8).padStart(3, '0')}`),
  units.filter((unit) => !special.has(unit)).map((unit) => String.fromCharCode(unit)),
);
const range = fc.tuple(units, units).map(([a, b]) => `\\u${hex(Math.min(a, b), 4)}-\\u${hex(Math.max(a, b), 4)}`);
const member = fc.oneof(named, range, fc.constantFrom('\\s', '\\S', '\\w', '\\W', '\\d', '\\D', 'a-z', '!-~', ' '));

test('what a class takes is what V8 says of every single character', () => {
  for (const raw of [
    '.',
    '\\s',
    '\\S',
    '\\w',
    '\\W',
    '[^]',
    '[]',
    ':',
    'é',
    '€',
    '[^ ]',
    '[^\\]]',
    '[é-\\uffff]',
    '\\377',
    '\\xa0',
    '[\\S\\xa0]',
    '[\\S\\xa0\\u1680\\u2000\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]',
    '[\\x80-\\u1233\\u1235-\\uffff]',
    '[^\\x80-\\u1233\\u1235-\\uffff]',
  ])
    assertTaken(raw);
  fc.assert(
    fc.property(fc.boolean(), fc.array(member, { minLength: 1, maxLength: 5 }), (negated, members) =>
      assertTaken(`[${negated ? '^' : ''}${members.join('')}]`),
    ),
    { numRuns: 60 },
  );
});

test('two sets meet where they may share a byte, be it known or only possible that it belongs to one of them', () => {
  const set = fc
    .array(fc.tuple(fc.nat(255), fc.constantFrom(1, 2)), { maxLength: 8 })
    .map((taken) => Uint8Array.from({ length: 256 }, (_, byte) => taken.find(([at]) => at === byte)?.[1] ?? 0));
  fc.assert(
    fc.property(set, set, fc.nat(255), fc.constantFrom(1, 2), fc.constantFrom(1, 2), (one, other, byte, a, b) => {
      assert.equal(
        meets(one, other),
        one.some((taken, at) => taken !== 0 && other[at] !== 0),
      );
      one[byte] = a;
      other[byte] = b;
      assert.ok(meets(one, other));
    }),
  );
});
