import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeIn } from '../../agent/tail/names.ts';
import { look, recognise } from '../../agent/tail/rotation.ts';
import type { Found, Known } from '../../agent/tail/rotation-parts.ts';
import { clue } from '../../agent/wire/clue.ts';

const base = { dev: 1, ino: 10, size: 100, modified: 1000 };
const LOOKS: readonly [what: string, before: typeof base | undefined, now: typeof base | undefined, words: RegExp][] = [
  ['nothing', undefined, undefined, /no such file/],
  ['new', undefined, base, /first seen/],
  ['same', base, base, /nothing changed/],
  ['grown', base, { ...base, size: 150, modified: 2000 }, /50 bytes were added/],
  ['touched', base, { ...base, modified: 2000 }, /without growing/],
  ['truncated', base, { ...base, size: 99 }, /shrank from 100 to 99 bytes/],
  ['replaced', base, { ...base, ino: 11 }, /inode 11 instead of 10/],
  ['replaced', base, { ...base, dev: 2 }, /another file/],
  ['gone', base, undefined, /no file has this name/],
];
for (const [what, before, now, words] of LOOKS) {
  test(`a live file: ${what} when ${words.source}`, () => {
    const verdict = look(before, now);
    assert.equal(verdict.what, what);
    assert.match(verdict.reason, words);
  });
}

const known = (file: number, ino: number, text: string, more: Partial<Known> = {}): Known => ({
  file,
  clues: { dev: 1, ino, birth: 5, headBytes: text.length, head: clue(Buffer.from(text)) },
  marks: [{ offset: text.length, clue: clue(Buffer.from(text)) }],
  held: false,
  ended: false,
  lost: false,
  start: undefined,
  wasLive: true,
  empty: text === '',
  size: 0,
  firstSeen: 10_000,
  modified: 0,
  modifiedNow: () => undefined,
  ...more,
});
const found = (name: string, ino: number, text: string, more: Partial<Found> = {}): Found => ({
  path: `/log/${name}`,
  live: name === 'app.log',
  place: placeIn('app.log', name),
  dev: 1,
  ino,
  birth: 5,
  modified: 20_000,
  size: text.length,
  packed: placeIn('app.log', name)?.packed,
  head: () => Buffer.from(text),
  clue: (offset) => (offset <= text.length ? clue(Buffer.from(text).subarray(0, offset)) : undefined),
  ...more,
});
const said = (all: readonly Known[], files: readonly Found[], start: 'beginning' | 'oldest' = 'beginning') =>
  recognise(all, files, start).map((one) => [one.found.path.slice(5), one.what, one.file]);

test('at first sight the live file is new, and older ones are old, unless start = oldest', () => {
  const files = [found('app.log.1', 11, 'x\n'), found('app.log', 10, 'y\n')];
  assert.deepEqual(said([], files), [
    ['app.log.1', 'old', undefined],
    ['app.log', 'new', undefined],
  ]);
  assert.equal(said([], files, 'oldest')[0]![1], 'missed');
});

test('a known inode with the known head and bytes before the offset is the same file under any name', () => {
  assert.deepEqual(said([known(1, 10, 'a\n')], [found('app.log.1', 10, 'a\nb\n'), found('app.log', 12, 'n\n')]), [
    ['app.log.1', 'same', 1],
    ['app.log', 'new', undefined],
  ]);
});

const IMPOSTORS: readonly [why: string, file: Found, words: RegExp][] = [
  ['another head', found('app.log', 10, 'b\nlonger\n'), /first 2 bytes are not those/],
  ['a smaller size', found('app.log', 10, 'a'), /first 2 bytes|shorter/],
  ['a later birth', found('app.log', 10, 'a\n', { birth: 9 }), /born later/],
];
for (const [why, file, words] of IMPOSTORS) {
  test(`a known inode with ${why} is a new generation`, () => {
    const [sighting] = recognise([known(1, 10, 'a\n')], [file], 'beginning');
    assert.equal(sighting!.what, 'new');
    assert.equal(sighting!.instead, 1);
    assert.match(sighting!.reason, words);
  });
}

test('a file that shrank while it was open is a new generation', () => {
  const [sighting] = recognise(
    [known(1, 10, 'a\n', { held: true, size: 50 })],
    [found('app.log', 10, 'a\n')],
    'beginning',
  );
  assert.match(sighting!.reason, /shrank from 50 to 2 bytes/);
});

test('the content of a generation that is nowhere else is known again in another inode and in an archive', () => {
  assert.deepEqual(
    said([known(1, 10, 'a\n', { ended: true })], [found('app.log.1', 11, 'a\nb\n'), found('app.log', 10, 'n\n')]),
    [
      ['app.log.1', 'copy', 1],
      ['app.log', 'new', undefined],
    ],
  );
  const archive = found('app.log.1.gz', 11, 'a\nb\n', { size: undefined });
  assert.deepEqual(said([known(1, 10, 'a\n')], [archive]), [['app.log.1.gz', 'copy', 1]]);
});

test('a live file that only begins alike is not taken for an old one', () => {
  assert.deepEqual(said([known(1, 10, 'banner\n')], [found('app.log', 11, 'banner\nnew\n')]), [
    ['app.log', 'new', undefined],
  ]);
});

test('what is younger than the generation seen last was missed, what is older is old', () => {
  const files = ['app.log.3', 'app.log.2', 'app.log.1'].map((name, i) => found(name, 20 + i, `${name}\n`));
  assert.deepEqual(said([known(1, 21, 'app.log.2\n')], [...files, found('app.log', 30, 'n\n')]), [
    ['app.log.3', 'old', undefined],
    ['app.log.2', 'same', 1],
    ['app.log.1', 'missed', undefined],
    ['app.log', 'new', undefined],
  ]);
});

test('where the generation seen last is gone, what changed since it was first seen was missed', () => {
  const files = [found('app.log.2', 21, 'x\n', { modified: 1000 }), found('app.log.1', 22, 'y\n')];
  assert.deepEqual(
    said([known(1, 10, 'a\n')], files).map(([, what]) => what),
    ['old', 'missed'],
  );
});
