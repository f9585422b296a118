import assert from 'node:assert/strict';
import { test } from 'node:test';
import { free, lendWhole } from '../../agent/wire/free.ts';
import { frameSyslog } from '../../agent/wire/relp.ts';

test('memory of which a part is used is given back whole where that was said, and left alone where others may have the rest', () => {
  const memory = Buffer.allocUnsafeSlow(100);
  const [own, shared] = [memory.subarray(0, 40), memory.subarray(40, 80)];
  free(own);
  assert.equal(memory.buffer.byteLength, 100);
  lendWhole(shared);
  free(shared);
  assert.equal(memory.buffer.byteLength, 0);
});

test('frames of RELP are given back with all the room that was taken for them', () => {
  const frames = frameSyslog(Buffer.from('one\ntwo\n'), Uint32Array.of(3, 7), 1);
  assert.equal(frames.toString(), '1 syslog 3 one\n2 syslog 3 two\n');
  assert.ok(frames.buffer.byteLength > frames.length);
  free(frames);
  assert.equal(frames.buffer.byteLength, 0);
});
