import assert from 'node:assert/strict';
import type { Ledger } from '../../agent/ops/status.ts';

/** Every line and byte that was read is in one place. */
export function assertCloses({ read, acked, spool, underway, filtered, dropped }: Ledger): void {
  const parts = [acked, spool, underway, filtered, ...Object.values(dropped)];
  const sum = parts.reduce((a, b) => ({ lines: a.lines + b.lines, bytes: a.bytes + b.bytes }));
  assert.deepEqual({ lines: read.lines, bytes: read.bytes }, { lines: sum.lines, bytes: sum.bytes });
}
