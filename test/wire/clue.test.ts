import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { CLUE_BYTES, clue, HEAD_BYTES } from '../../agent/wire/clue.ts';

test('a clue is the first 16 bytes of the SHA-1, in hex', () => {
  const bytes = Buffer.from('Jul 15 11:30:35 web1 app: hello\n');
  assert.equal(clue(bytes), createHash('sha1').update(bytes).digest('hex').slice(0, 32));
});

test('no bytes at all have a fixed clue', () => {
  assert.equal(clue(Buffer.alloc(0)), 'da39a3ee5e6b4b0d3255bfef95601890');
});

test('a view of a larger buffer gives the clue of its own bytes alone', () => {
  const large = Buffer.from('xxabcxx');
  assert.equal(clue(large.subarray(2, 5)), clue(Buffer.from('abc')));
});

test('one changed byte changes the clue', () => {
  const bytes = Buffer.alloc(CLUE_BYTES, 0x61);
  const before = clue(bytes);
  bytes[HEAD_BYTES % CLUE_BYTES] = 0x62;
  assert.notEqual(clue(bytes), before);
});

test('a clue is that of the bytes as they are now, whatever was asked for before', () => {
  const wanted = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex').slice(0, 32);
  const memory = Buffer.alloc(HEAD_BYTES);
  for (const length of [
    1,
    CLUE_BYTES,
    CLUE_BYTES,
    3,
    0,
    3,
    CLUE_BYTES + 1,
    3,
    HEAD_BYTES,
    CLUE_BYTES - 1,
    CLUE_BYTES,
  ]) {
    for (const byte of [0, 0, 1]) {
      const bytes = memory.subarray(0, length).fill(byte);
      assert.equal(clue(bytes), wanted(bytes));
      if (length > 0) bytes[length - 1] = 2;
      assert.equal(clue(bytes), wanted(bytes));
    }
  }
});
