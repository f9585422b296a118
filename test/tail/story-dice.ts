/** Where the accidents of a story come from. */

/** Numbers from 0 to 1 that follow from a seed. */
export function randomOf(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers that follow from a seed, anew for each step that begins: so a story without some of its steps is the same otherwise. */
export function dice(seed: number): { random(): number; begin(step: number): void } {
  const seeds = randomOf(seed);
  let draw = seeds;
  const steps: number[] = [];
  return {
    random: () => draw(),
    begin(step) {
      while (steps.length <= step) steps.push(seeds() * 2 ** 32);
      draw = randomOf(steps[step]!);
    },
  };
}
