import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readWritten } from '../../agent/config-text.ts';
import { sections } from '../../agent/sections.ts';
import type { Option, Options } from '../../agent/types.ts';
import { config, folder, problems } from './load.ts';

const manual = fs.readFileSync(path.resolve(import.meta.dirname, '../../config.conf.example'), 'utf8');
/** A setting has its ; right before the key; prose has a blank between. */
const uncommented = manual.replace(/^;(?=[^\s;])/gm, '');

const table: { kind: string; key: string; option: Option }[] = Object.entries<{ options: Options }>(sections).flatMap(
  ([kind, { options }]) => Object.entries(options).map(([key, option]) => ({ kind, key, option })),
);

/** The comment right above each setting, and the section's own comment, as running text. */
function commentAbove(kind: string, key: string): string {
  const section = manual.split(/^(?=\[)/m).find((part) => part.startsWith(`[${kind}]`)) ?? '';
  const above = section.split('\n').slice(
    0,
    section.split('\n').findIndex((line) => line.replace(/^;/, '').startsWith(`${key} =`)),
  );
  const prose = above.slice(above.findLastIndex((line) => !line.startsWith('; ')) + 1);
  return prose.map((line) => line.slice(2)).join(' ');
}

test('config.conf.example is valid as it stands, and equals the defaults', () => {
  assert.deepEqual(readWritten(Buffer.from(manual)).settings, []);
  assert.deepEqual(config(manual), { ...config(''), source: `${folder}/config.conf` });
});

test('config.conf.example without its ; is valid too, and still equals the defaults', () => {
  assert.deepEqual(problems(uncommented), []);
  assert.deepEqual(config(uncommented), config(''));
});

test('config.conf.example has every section and key with its default, in the order of the tables, and nothing else', () => {
  const { headers, settings, problems: unread } = readWritten(Buffer.from(uncommented));
  assert.deepEqual(unread, []);
  assert.deepEqual(
    headers.map(({ kind, name }) => [kind, name]),
    Object.keys(sections).map((kind) => [kind, undefined]),
  );
  assert.deepEqual(
    settings.map(({ header, key, value }) => [header?.kind, key, value]),
    table.map(({ kind, key, option }) => [kind, key, option.default]),
  );
});

test('config.conf.example says above every key what it means', () => {
  for (const { kind, key, option } of table.filter((one) => one.kind !== 'levels')) {
    assert.equal(commentAbove(kind, key), option.meaning);
  }
});
