import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { columns, cut, hanging, PLAIN } from '../../agent/ops/paint.ts';

test('columns are aligned by what characters take on the screen', () => {
  assert.deepEqual(
    columns(
      [
        ['日志', 'x'],
        ['ascii', 'y', ''],
        ['', 'z', { text: 'red', tone: 'ill' }],
      ],
      PLAIN,
    ),
    ['日志   x', 'ascii  y', '       z  red'],
  );
});

test('a long paragraph hangs below its first word', () => {
  assert.deepEqual(hanging('  ! ', 'one two three', { wide: 12, colour: false }), ['  ! one two', '    three']);
});

test('a line is cut to its width, whatever colours and wide characters are in it', () => {
  assert.equal(cut('abcdef', 6), 'abcdef');
  assert.equal(cut('abcdefg', 6), 'abcde…');
  assert.equal(cut('日本語', 4), '日…');
  const painted = cut('\x1b[31mabcdef\x1b[0mghi', 4);
  assert.equal(painted, '\x1b[31mabc…\x1b[0m');
  assert.equal(stripVTControlCharacters(cut('ab\x1b[1mcd\x1b[0mefgh', 6)), 'abcde…');
});
