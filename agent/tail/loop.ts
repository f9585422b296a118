/**
 * Recognises a feedback loop: a file into which the server writes the records that were made of it.
 */

const START = ' f="';
const MIDDLE = '" at="';
const GEN = 16;
/** Generations of others that are remembered, so that a relay's file does not ask for each line. */
const OTHERS = 1000;

/**
 * Gives the first generation of its own that an identity element in the bytes names; undefined where there is none. `own` gives the
 * generations of the input, and is asked only where an element stands that was not seen before.
 */
export function createLoopGuard(own: () => readonly { readonly gen: string }[]): (bytes: Buffer) => string | undefined {
  const others = new Set<string>();
  return (bytes) => {
    for (let at = bytes.indexOf(START); at >= 0; at = bytes.indexOf(START, at + 1)) {
      const from = at + START.length;
      if (bytes.toString('latin1', from + GEN, from + GEN + MIDDLE.length) !== MIDDLE) continue;
      const gen = bytes.toString('latin1', from, from + GEN);
      if (others.has(gen)) continue;
      if (own().some((one) => one.gen === gen)) return gen;
      if (others.size >= OTHERS) others.clear();
      others.add(gen);
    }
    return undefined;
  };
}
