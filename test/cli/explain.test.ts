import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CODE_GROUPS, CODES, type Explanation } from '../../agent/wire/codes.ts';
import { createWorld } from './fake-io.ts';

const ALL: readonly [string, Explanation][] = Object.entries(CODES);

test('every code is explained: what it means, what is at risk, what to do, within 80 columns', async () => {
  using world = createWorld();
  for (const [code, { meaning, risk, cure }] of ALL) {
    const { code: exit, out, err } = await world.run('explain', code);
    assert.equal(exit, 0);
    assert.equal(err, '');
    const [name, ...parts] = out.split('\n\n').map((part) => part.replaceAll(/\n {2}|\n$/g, ' ').trim());
    assert.equal(name, code);
    assert.deepEqual(parts, [`What it means: ${meaning}`, `What is at risk: ${risk}`, `What to do: ${cure}`]);
    for (const line of out.split('\n')) assert.ok(line.length <= 80, line);
  }
});

test('explanations are whole sentences, and codes are speaking words', () => {
  for (const [code, explanation] of ALL) {
    assert.match(code, /^[a-z]+(-[a-z]+)+$/);
    for (const text of Object.values(explanation))
      assert.match(text, /^(?:[A-Z[]|logrotate ).{12,}[\w.)?]$/s, `${code}: ${text}`);
  }
});

test('without a code all are listed in their groups, each once, within 80 columns', async () => {
  using world = createWorld();
  const { code, out } = await world.run('explain');
  assert.equal(code, 0);
  for (const title of Object.keys(CODE_GROUPS)) assert.match(out, new RegExp(`^${title}:$`, 'm'));
  assert.deepEqual(
    out.match(/^ {2}[a-z-]+$/gm)?.map((line) => line.trim()),
    ALL.map(([name]) => name),
  );
  for (const line of out.split('\n')) assert.ok(line.length <= 80, line);
});

test('a code is taken as it is copied from a log, and given as JSON when asked', async () => {
  using world = createWorld();
  const plain = await world.run('explain', 'server-away');
  assert.deepEqual(await world.run('explain', '[Server-Away]'), plain);
  const { out } = await world.run('explain', '--json', 'server-away');
  assert.deepEqual(JSON.parse(out), { 'server-away': CODES['server-away'] });
  const all = await world.run('explain', '--json');
  assert.deepEqual(JSON.parse(all.out), CODES);
});
