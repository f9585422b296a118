import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createSieve, sift, siftBySearch, siftOneByOne } from '../../agent/shape/sieve.ts';
import { CAPACITY, NONE } from '../../agent/shape/sieve-code.ts';

const LF = 0x0a;
const inModule = createSieve()!;
const WAYS = {
  ...{ 'in the module': inModule, 'by search': siftBySearch, 'one by one': siftOneByOne },
  'the one that is chosen': sift,
};

/** What the marks have to be, byte by byte. */
function expected(bytes: Buffer): number[] {
  const marks: number[] = [];
  let special = NONE;
  for (const [at, byte] of bytes.entries()) {
    if (byte === LF) {
      marks.push(at, special);
      special = NONE;
    } else if (special === NONE && (byte < 0x20 || [0x22, 0x5c, 0x7f].includes(byte))) special = at;
  }
  return [...marks, bytes.length, special];
}

const byte = fc.oneof(
  { weight: 20, arbitrary: fc.constant(0x61) },
  { weight: 2, arbitrary: fc.constant(LF) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
);
const content = fc.array(byte, { maxLength: 300 }).map((list) => Buffer.from(list));

/** Behind the last mark nothing is said; an escape behind the end of the bytes is none. */
function marksOf(way: (bytes: Buffer) => Int32Array, bytes: Buffer): number[] {
  const marks = [...way(bytes).subarray(0, expected(bytes).length)];
  if (marks.at(-1)! >= bytes.length) marks[marks.length - 1] = NONE;
  return marks;
}

for (const [name, way] of Object.entries(WAYS)) {
  describe(`line ends and bytes to escape, ${name}`, () => {
    test('are found wherever they stand, whatever was looked through before', () => {
      fc.assert(
        fc.property(content, (bytes) => assert.deepEqual(marksOf(way, bytes), expected(bytes))),
        { numRuns: 500 },
      );
    });

    test('are found for each byte in each place of a step', () => {
      for (let value = 0; value < 256; value += 1) {
        for (const at of [0, 7, 15, 16, 31]) {
          const bytes = Buffer.alloc(33, 'a');
          bytes[at] = value;
          assert.deepEqual(marksOf(way, bytes), expected(bytes), `byte ${value} at ${at}`);
        }
      }
    });

    test('are not those of a longer text that was there before', () => {
      assert.equal(way(Buffer.alloc(100, '\n'))[0], 0);
      const bytes = Buffer.from('text');
      assert.deepEqual(marksOf(way, bytes), [4, NONE]);
    });
  });
}

test('more bytes than the module holds are searched, up to the last one', () => {
  for (const size of [CAPACITY - 17, CAPACITY - 16, CAPACITY - 15, CAPACITY + 1]) {
    const bytes = Buffer.alloc(size, 'a');
    bytes.write('"b\n', size - 3, 'latin1');
    assert.deepEqual(marksOf(sift, bytes), [size - 1, size - 3, size, NONE]);
  }
});

test('a few bytes more than are looked at one by one are not', () => {
  for (const size of [1023, 1024, 1025]) {
    const bytes = Buffer.alloc(size, '\n');
    assert.deepEqual(marksOf(sift, bytes), expected(bytes));
  }
});

test('as many lines as bytes have room', () => {
  const bytes = Buffer.alloc(CAPACITY - 16, '\n');
  const marks = inModule(bytes);
  assert.ok(marks.subarray(0, 2 * bytes.length).every((mark, i) => mark === (i % 2 === 0 ? i / 2 : NONE)));
  assert.equal(marks[2 * bytes.length], bytes.length);
});

test('where the system gives no module, there is none', () => {
  const refused = () => {
    throw new Error('out of memory');
  };
  assert.equal(createSieve(refused), undefined);
});
