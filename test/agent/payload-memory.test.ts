import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gather } from '../../agent/gather.ts';
import type { Store } from '../../agent/store/store.ts';
import { StoreProblem } from '../../agent/store/store.ts';
import type { Batch, Sent } from '../../agent/types.ts';
import { spool, type Walk, writeDown } from '../../agent/walk.ts';
import { lend } from '../../agent/wire/free.ts';

const sent = (payload: Buffer): Sent => ({
  batch: {
    ...{ input: 'input', payload, ends: new Uint32Array(), marks: [] },
    tally: { sent: { lines: 0, bytes: 0 }, filtered: { lines: 0, bytes: 0 }, dropped: { lines: 0, bytes: 0 } },
  },
  ...{ row: undefined, again: false },
});
const walkWith = (settled: Sent[]) => ({ destination: { name: 'd' }, settled }) as unknown as Walk;

test("a settled batch's memory is given back, and memory that it shares with others is not", () => {
  const own = Buffer.allocUnsafeSlow(1000);
  const shared = Buffer.from('one of many in the pool');
  const pool = shared.buffer.byteLength;
  writeDown(walkWith([sent(own), sent(shared)]), { settle() {} } as unknown as Store);
  assert.equal(own.buffer.byteLength, 0);
  assert.equal(shared.buffer.byteLength, pool);
  assert.equal(String(shared), 'one of many in the pool');
});

test('so is the memory of where its messages end, before or after it was put together with others', () => {
  const [one, two] = [sent(Buffer.from('<1>a\n<1>b\n')), sent(Buffer.from('<1>c\n'))];
  const batches = [
    { ...one.batch, ends: Uint32Array.of(4, 9) },
    { ...two.batch, ends: Uint32Array.of(4) },
  ];
  const left = batches.map((batch) => [batch]);
  const whole: Batch[] = [];
  gather(
    () => left.shift() ?? [],
    1_000_000,
    ([batch]) => void whole.push(batch!),
  );
  assert.deepEqual([...whole[0]!.ends], [4, 9, 14]);
  assert.deepEqual(
    batches.map(({ ends }) => ends.buffer.byteLength),
    [0, 0],
  );
  writeDown(walkWith([{ ...one, batch: whole[0]! }]), { settle() {} } as unknown as Store);
  assert.equal(whole[0]!.ends.buffer.byteLength, 0);
});

test('a batch whose settle the disk refuses is kept as it is', () => {
  const own = Buffer.allocUnsafeSlow(1000);
  const walk = walkWith([sent(own)]);
  const settle = () => {
    throw new StoreProblem('SQLITE_IOERR', 'disk-full', 'the disk is gone');
  };
  assert.throws(() => writeDown(walk, { settle } as unknown as Store), StoreProblem);
  assert.equal(own.buffer.byteLength, 1000);
  assert.equal(walk.settled.length, 1);
});

test('so is that of a batch that stands in the spool, and not that of one which the spool did not take', () => {
  const [taken, left] = [Buffer.allocUnsafeSlow(1000), Buffer.allocUnsafeSlow(1000)];
  const walk = { destination: { name: 'd' }, held: [] } as unknown as Walk;
  spool(walk, { spool: () => true } as unknown as Store, [sent(taken)]);
  spool(walk, { spool: () => false } as unknown as Store, [sent(left)]);
  assert.deepEqual([taken.buffer.byteLength, left.buffer.byteLength, walk.held.length], [0, 1000, 1]);
});

test('memory that is used again goes back once, and only with the bytes that were lent, not with a part of them', () => {
  const lent = Buffer.from(new SharedArrayBuffer(1000));
  let back = 0;
  lend(lent, () => {
    back += 1;
  });
  const store = { settle() {}, spool: () => true } as unknown as Store;
  writeDown(walkWith([sent(lent.subarray(0, 500))]), store);
  assert.equal(back, 0);
  writeDown(walkWith([sent(lent)]), store);
  spool({ destination: { name: 'd' }, held: [] } as unknown as Walk, store, [sent(lent)]);
  assert.equal(back, 1);
});
