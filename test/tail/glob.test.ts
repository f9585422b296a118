import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { globMatcher } from '../../agent/tail/glob.ts';

const of = (...pieces: string[]) =>
  fc
    .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 })
    .map((list) => list.join(''))
    .filter((name) => name !== '.' && name !== '..');
/** Names and globs of few characters, so that they match often. */
const names = of('a', 'B', '.', '-', 'ab', '\n', 'é', '*');
const globs = of('a', 'B', '.', '-', '*', '*', '*', 'ab', '?', '[ab]', '{a,ab}', '**', '!', '+(a)', '$', '(');
const pathOf = (part: fc.Arbitrary<string>) =>
  fc.oneof(
    part,
    fc.array(part, { minLength: 1, maxLength: 2 }).map((parts) => `/${parts.join('/')}`),
  );

test('a glob matches what it matches to Node', () => {
  let matched = 0;
  fc.assert(
    fc.property(pathOf(names), pathOf(globs), (file, glob) => {
      const expected = path.matchesGlob(file, glob);
      if (expected) matched += 1;
      assert.equal(globMatcher(glob)(file), expected);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(matched > 200, `${matched} matched`);
});
