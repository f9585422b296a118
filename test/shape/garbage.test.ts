import assert from 'node:assert/strict';
import { test } from 'node:test';
import v8 from 'node:v8';
import { freeBatch } from '../../agent/wire/free.ts';
import { collector } from '../../agent/wire/garbage.ts';
import { chunkOf, contextOf, shaperOf } from './shaped.ts';

const MIB = 1024 * 1024;

/** Bytes of V8's heap, and of the strings that stand outside of it. */
function heap(): number {
  const { used_heap_size, external_memory } = v8.getHeapStatistics();
  return used_heap_size + external_memory;
}

test('long lines leave no more than a few MiB of garbage, and neither do records whose lines are joined', () => {
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

test('a shaper that waits for its next chunk keeps no long line, whatever it remembers of that', () => {
  const collect = () => collector()({ type: 'major' });
  const rest = 'x'.repeat(3_000_000);
  const lines = [
    { pattern: 'app', line: `Jul 15 11:30:35 host-of-a-long-name application-of-a-long-name[12345678901234]: ${rest}` },
    { pattern: 'app', line: `a line of no known layout ${rest}`, unmatched: 'join' },
    {
      pattern: 'json',
      line: `{"time":"2026-07-15T11:30:35.123Z","a_key_of_some_length":"a value of some length","x":"${rest}"}`,
    },
  ] as const;
  for (const { line, pattern, ...transform } of lines) {
    const shapers = Array.from({ length: 20 }, () =>
      shaperOf({ transform: { pattern: { builtin: pattern }, ...transform } }),
    );
    // The agent reads all into one memory.
    const bytes = Buffer.from(`${line}\n`);
    collect();
    const before = heap();
    for (const shaper of shapers) {
      shaper.open(contextOf());
      // What is outside of V8's heap would be counted until the collector's threads come to it.
      for (const batch of [shaper.shape(chunkOf(bytes)), shaper.overdue(Number.POSITIVE_INFINITY)])
        if (batch) freeBatch(batch);
    }
    collect();
    const kept = (heap() - before) / MIB;
    assert.ok(kept < 8, `${kept.toFixed(1)} MiB of ${line.slice(0, 30)}`);
    assert.equal(shapers.length, 20);
  }
});
