/**
 * The command behind `scripts/stories`: COUNT stories from SEED on. Names the seeds that fail; exit code 1 where there are any.
 */
import { parseArgs } from 'node:util';
import { playStory } from '../test/tail/stories.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'real-events': { type: 'boolean' }, meanwhile: { type: 'boolean' } },
});
const [count, first] = [Number(positionals[0] ?? 1000), Number(positionals[1] ?? 1)];
if (positionals.length > 2 || !Number.isSafeInteger(count) || !Number.isSafeInteger(first) || count < 1) {
  console.error('Usage: scripts/stories [COUNT [SEED]] [--real-events | --meanwhile]');
  process.exit(2);
}
const failed: number[] = [];
for (let seed = first; seed < first + count; seed += 1) {
  const { problems, steps } = await playStory(seed, { real: values['real-events'], meanwhile: values.meanwhile });
  if (count === 1) console.log(steps.join('\n'));
  if (problems.length === 0) continue;
  failed.push(seed);
  console.log(`seed ${seed}: ${problems.slice(0, 5).join('; ')}`);
}
console.log(`${count} stories from seed ${first}: ${failed.length === 0 ? 'all hold' : `${failed.length} fail`}`);
process.exitCode = failed.length === 0 ? 0 : 1;
