import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playStory } from './stories.ts';

/** TAILSHIP_SEED replays one story, TAILSHIP_STORIES plays so many from the first; `scripts/stories` plays any others. */
const seed = process.env.TAILSHIP_SEED;
const count = Number(process.env.TAILSHIP_STORIES ?? 1000);
const seeds = seed === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(seed)];

test(`in ${seeds.length} random stories of files nothing is lost that was there to be read, and nothing comes twice without a crash`, async () => {
  for (const one of seeds) {
    const { problems, steps } = await playStory(one);
    assert.deepEqual(problems, [], `replay with TAILSHIP_SEED=${one}\n${steps.join('\n')}`);
  }
});
