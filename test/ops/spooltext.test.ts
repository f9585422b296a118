import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN } from '../../agent/ops/paint.ts';
import { type Listed, renderListed, type Waiting } from '../../agent/ops/spooltext.ts';

const NOW = 1_795_000_000_000;
const kept = (lines: number, age: number) => ({ rows: lines, lines, bytes: lines * 1024, oldest: NOW - age });
const NONE = { rows: 0, lines: 0, bytes: 0, oldest: undefined };

function shown(...destinations: Waiting[]): string[] {
  const listed: Listed = { path: '/s.db', exists: true, running: true, size: 2 ** 20, now: NOW, destinations };
  return renderListed(listed, PLAIN).split('\n');
}

test('what nobody sends stands first, then what was refused, then what has waited longest; columns are aligned', () => {
  const lines = shown(
    { name: 'idle', orphaned: false, ...NONE, refused: NONE },
    { name: 'young', orphaned: false, ...kept(7, 1_000), refused: NONE },
    { name: 'longest', orphaned: false, ...kept(1200, 3_600_000), refused: NONE },
    { name: 'picky', orphaned: false, ...NONE, refused: kept(2, 60_000) },
    { name: 'old', orphaned: true, ...kept(3, 500), refused: NONE },
  );
  assert.equal(lines[0], '/s.db, 1MiB on disk, an agent is running on it');
  assert.deepEqual(lines.slice(lines.indexOf('') + 1), [
    '  old      ORPHANED  3 lines      3KiB    3 batches      oldest 500ms',
    '  picky    empty',
    '           refused   2 lines      2KiB    2 batches      oldest 1m',
    '  longest  waits     1,200 lines  1.2MiB  1,200 batches  oldest 1h',
    '  young    waits     7 lines      7KiB    7 batches      oldest 1s',
    '  idle     empty',
    '',
  ]);
});

test('control characters in the name of a destination do not reach the terminal', () => {
  const lines = shown({ name: 'a\x1b[31m', orphaned: true, ...kept(1, 0), refused: NONE });
  assert.ok(lines.every((line) => !line.includes('\x1b')));
});
