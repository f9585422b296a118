import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { thisMachine } from '../../agent/store/machine.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, count, live, mark, open } from './help.ts';

const HERE = { 'machine-id': 'a', 'product-uuid': 'b' };

/** A state on which one file was read up to byte 100, by a machine that was known like this. */
function written(t: TestContext, machine = HERE as Readonly<Record<string, string>>) {
  const file = join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file, {}, { machine });
  const old = addFile(store);
  const one = addFile(store, 'app', { previous: old });
  store.settle('server', [live(batch({ marks: [mark(one, 100, 7)], sent: count(2, 100) }))]);
  const [, { gen } = assert.fail()] = store.generations('app');
  store.close();
  return { file, one, gen };
}

function reopened(t: TestContext, file: string, one: number, machine: Readonly<Record<string, string>>) {
  const { store, log } = open(t, file, {}, { machine });
  const [, { gen, previous } = assert.fail()] = store.generations('app');
  const at = store.checkpoint('server', one)!;
  store.close();
  return { gen, previous, offset: at.offset, skip: at.skip, said: log.said };
}

test('a state that another machine wrote gets new identities, once, and what was dealt with counts as passed over', (t) => {
  const { file, one, gen } = written(t);
  const there = { 'machine-id': 'c', 'product-uuid': 'b' };
  const first = reopened(t, file, one, there);
  assert.notEqual(first.gen, gen);
  assert.match(first.gen, /^[0-9a-z]{16}$/);
  assert.deepEqual([first.previous, first.offset, first.skip], [undefined, 100, 100]);
  assert.match(first.said.join(), /warn The state .* was written on another machine: its 2 files have new identities/);
  const second = reopened(t, file, one, there);
  assert.deepEqual([second.gen, second.said], [first.gen, []]);
});

test('on the same machine nothing changes, also where a clue cannot be read now, or for the first time', (t) => {
  const { file, one, gen } = written(t, { 'machine-id': 'a' });
  for (const machine of [{}, HERE, { 'product-uuid': 'b' }, HERE]) {
    const { gen: same, skip, said } = reopened(t, file, one, machine);
    assert.deepEqual([same, skip, said], [gen, 7, []]);
  }
});

test('clues are hashed, and empty or missing ones say nothing', () => {
  const read = (file: string) => {
    if (file.includes('uuid')) throw new Error('EACCES');
    return 'b08dfa6083e7567a1921a715000001fb\n';
  };
  assert.deepEqual(Object.keys(thisMachine(read)), ['machine-id']);
  assert.ok(!thisMachine(read)['machine-id']!.includes('b08dfa60'));
  assert.deepEqual(
    thisMachine(() => '\n'),
    {},
  );
  assert.deepEqual(
    thisMachine(() => 'uninitialized\n'),
    {},
  );
});
