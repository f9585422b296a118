/** Everything that goes wrong, at once. `scripts/night` is the longer run of the same. */
import { describe, test } from 'node:test';
import { scene } from '../harness/temp.ts';
import { playNight } from '../torture/night.ts';

describe('bad nights', { concurrency: 2 }, () => {
  for (const transport of ['tcp', 'relp'] as const)
    test(`over ${transport}, a night of kills, hangs, rotations, reloads and rewinds loses nothing, and the ledger closes`, async (t) => {
      const seed = Math.floor(Math.random() * 1e6);
      const tell = (what: string) => t.diagnostic(what);
      tell(`seed ${seed}`);
      const { written, repeated } = await playNight(scene(t), { transport, seed, troubles: 9, tell });
      tell(`${written} lines, ${repeated} repeated`);
    });
});
