/**
 * The command behind `scripts/stories`: COUNT stories from SEED on. Names the seeds that fail; exit code 1 where there are any.
 */
import { parseArgs } from 'node:util';
import { LENGTH, playStory, type StoryOptions, type Verdict } from '../test/tail/stories.ts';

/** What went wrong, without the numbers that tell where. */
const kindsOf = ({ problems }: Verdict): Set<string> =>
  new Set(problems.map((problem) => problem.replaceAll(/\[?\d+\]?/g, '#').replace(/: #.*/, '')));

/** Leaves out every step without which a story that fails goes wrong in the same way, and gives what is left. */
async function shrink(full: Verdict, options: StoryOptions): Promise<Verdict> {
  const kinds = kindsOf(full);
  const needless = new Set<number>();
  let least = full;
  for (let size = LENGTH / 4, found = false; size > 0; size = found ? size : Math.floor(size / 2)) {
    found = false;
    for (let from = 0; from < LENGTH; from += size) {
      const more = Array.from({ length: size }, (_, at) => from + at).filter((step) => !needless.has(step));
      if (more.length === 0) continue;
      const verdict = await playStory(full.seed, { ...options, without: new Set([...needless, ...more]) });
      if (![...kindsOf(verdict)].some((kind) => kinds.has(kind))) continue;
      for (const step of more) needless.add(step);
      found = true;
      least = verdict;
    }
  }
  return least;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'real-events': { type: 'boolean' },
    meanwhile: { type: 'boolean' },
    refused: { type: 'boolean' },
    shrink: { type: 'boolean' },
  },
});
const [count, first] = [Number(positionals[0] ?? 1000), Number(positionals[1] ?? 1)];
if (positionals.length > 2 || !Number.isSafeInteger(count) || !Number.isSafeInteger(first) || count < 1) {
  console.error('Usage: scripts/stories [COUNT [SEED]] [--real-events | --meanwhile | --refused] [--shrink]');
  process.exit(2);
}
const disturbance = values.meanwhile ? 'meanwhile' : values.refused ? 'refused' : undefined;
const options: StoryOptions = { real: values['real-events'], disturbance };
const failed: number[] = [];
for (let seed = first; seed < first + count; seed += 1) {
  const full = await playStory(seed, options);
  const failing = full.problems.length > 0;
  const told = failing && values.shrink ? await shrink(full, options) : full;
  if (count === 1 || (failing && values.shrink)) console.log(told.steps.join('\n'));
  if (!failing) continue;
  failed.push(seed);
  console.log(`seed ${seed}: ${told.problems.slice(0, 5).join('; ')}`);
}
console.log(`${count} stories from seed ${first}: ${failed.length === 0 ? 'all hold' : `${failed.length} fail`}`);
process.exitCode = failed.length === 0 ? 0 : 1;
