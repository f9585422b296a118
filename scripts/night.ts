/** The command behind `scripts/night`. Tells what happens, and exits with 1 where a line is missing. */
import { parseArgs } from 'node:util';
import { createScene } from '../test/harness/temp.ts';
import { playNight } from '../test/torture/night.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { transport: { type: 'string' } } });
const [troubles, seed] = [Number(positionals[0] ?? 40), Number(positionals[1] ?? 1)];
const transports = (['tcp', 'relp'] as const).filter((one) => one === (values.transport ?? one));
if (positionals.length > 2 || !(troubles > 0) || !Number.isSafeInteger(seed) || transports.length === 0) {
  console.error('Usage: scripts/night [TROUBLES [SEED]] [--transport tcp|relp]');
  process.exit(2);
}
for (const transport of transports) {
  const scene = createScene();
  try {
    const tell = (what: string) => console.log(`${new Date().toISOString().slice(11, 23)} ${transport}: ${what}`);
    const { written, received, repeated } = await playNight(scene, { transport, seed, troubles, tell });
    tell(`${written} lines written, ${received} received, ${repeated} repeated, none is missing`);
  } catch (problem) {
    process.exitCode = 1;
    console.error(`seed ${seed} over ${transport}: ${problem instanceof Error ? problem.message : String(problem)}`);
  } finally {
    await scene.end();
  }
}
