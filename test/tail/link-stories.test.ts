import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playLinkStory } from './link-stories.ts';

test('in 200 random stories of names a file of a glob is read once, whatever names it has, gets and loses', async () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const { problems, steps } = await playLinkStory(seed);
    assert.deepEqual(problems, [], `seed ${seed}\n${steps.join('\n')}`);
  }
});
