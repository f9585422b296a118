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

const heard = seed === undefined ? Array.from({ length: 20 }, (_, i) => i + 1) : [Number(seed)];

test(`in ${heard.length} random stories with the events of the real file system the same holds`, async () => {
  for (const one of heard) {
    const { problems, steps } = await playStory(one, { real: true });
    assert.deepEqual(problems, [], `replay with scripts/stories 1 ${one} --real-events\n${steps.join('\n')}`);
  }
});

const overtaken = seed === undefined ? Array.from({ length: 200 }, (_, i) => i + 1) : [Number(seed)];

test(`in ${overtaken.length} random stories whose rotations come in the middle of a look the same holds`, async () => {
  for (const one of overtaken) {
    const { problems, steps } = await playStory(one, { disturbance: 'meanwhile' });
    assert.deepEqual(problems, [], `replay with scripts/stories 1 ${one} --meanwhile\n${steps.join('\n')}`);
  }
});

const refused = seed === undefined ? Array.from({ length: 200 }, (_, i) => i + 1) : [Number(seed)];

test(`in ${refused.length} random stories whose file system refuses some calls for the moment the same holds`, async () => {
  for (const one of refused) {
    const { problems, steps } = await playStory(one, { disturbance: 'refused' });
    assert.deepEqual(problems, [], `replay with scripts/stories 1 ${one} --refused\n${steps.join('\n')}`);
  }
});
