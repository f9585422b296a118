import assert from 'node:assert/strict';
import { test } from 'node:test';
import v8 from 'node:v8';
import { chunkOf, contextOf, shaperOf } from './shaped.ts';

const MIB = 1024 * 1024;

test('long lines leave no more than a few MiB of garbage, and neither do records whose lines are joined', () => {
  const heap = () => {
    const { used_heap_size, external_memory } = v8.getHeapStatistics();
    return used_heap_size + external_memory;
  };
  const long = Buffer.concat([Buffer.alloc(1_000_000, 'x\xff"', 'latin1'), Buffer.from('\n')]);
  const trace = Buffer.from(`    at ${'x'.repeat(1000)}\n`.repeat(250));
  for (const [bytes, unmatched] of [
    [long, 'ship'],
    [trace, 'join'],
  ] as const) {
    const shaper = shaperOf({ transform: { unmatched } });
    shaper.open(contextOf());
    const before = heap();
    let most = 0;
    for (let i = 0; i < 50; i += 1) {
      const start = i * bytes.length;
      shaper.shape({ ...chunkOf(bytes), start, end: start + bytes.length });
      most = Math.max(most, heap() - before);
    }
    assert.ok(most < 40 * MIB, `${(most / MIB).toFixed(0)} MiB`);
  }
});
