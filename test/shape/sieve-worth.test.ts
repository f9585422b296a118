import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { sift } from '../../agent/shape/sieve.ts';

/** It is not among the types of ECMAScript. */
declare const WebAssembly: { Module: new (code: Uint8Array) => object };

test('a module is made for the first large chunk, and only then', () => {
  const made = mock.method(WebAssembly, 'Module');
  const marks = (length: number) => [...sift(Buffer.alloc(length, 'a')).subarray(0, 1)];
  for (const [length, modules] of [
    [100, 0],
    [10_000, 0],
    [100_000, 1],
    [100, 1],
    [100_000, 1],
  ] as const) {
    assert.deepEqual(marks(length), [length]);
    assert.equal(made.mock.callCount(), modules, `after ${length} bytes`);
  }
});
