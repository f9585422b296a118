import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTidying } from '../../agent/memory.ts';

/** Looks once a second; before each of them so many steps are taken. Gives the seconds at which memory was given back, of the young alone too. */
function tidied(steps: readonly number[]): { all: number[]; young: number[] } {
  const seconds = { all: [] as number[], young: [] as number[] };
  let now = 0;
  const tidying = createTidying(
    () => seconds.all.push(now),
    () => seconds.young.push(now),
  );
  for (const count of steps) {
    for (let step = 0; step < count; step++) tidying.worked();
    tidying.look(now * 1000);
    now += 1;
  }
  return seconds;
}

const collections = (steps: readonly number[]) => tidied(steps).all;
const seconds = (count: number, steps: number) => Array.from({ length: count }, () => steps);

test('memory is given back once, five seconds after the start came to rest, and once after each larger piece of work', () => {
  assert.deepEqual(collections([...seconds(3, 500), ...seconds(20, 0)]), [8]);
  assert.deepEqual(collections([...seconds(10, 0), ...seconds(3, 500), ...seconds(20, 1)]), [5, 18]);
});

test('work that goes on is not disturbed, and a trickle is not worth it', () => {
  assert.deepEqual(collections(seconds(60, 100)), []);
  assert.deepEqual(collections([...seconds(10, 0), ...seconds(40, 20)]), [5]);
});

test('at rest what is made by and by is collected every ten seconds, and never while there is work', () => {
  assert.deepEqual(tidied([...seconds(30, 0), ...seconds(30, 100), ...seconds(8, 0)]), {
    all: [5, 65],
    young: [15, 25],
  });
  assert.deepEqual(tidied([...seconds(40, 20), ...seconds(16, 20)]), { all: [5, 55], young: [15, 25, 35, 45] });
});

test('the agent gives memory back with the collector that V8 has', () => {
  const tidying = createTidying();
  tidying.look(0);
  assert.doesNotThrow(() => {
    tidying.look(5_000);
    tidying.look(15_000);
  });
});
