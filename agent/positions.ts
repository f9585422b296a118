/** Moving positions in the state, and forgetting generations: what `tailship rewind` and `tailship forget` do, whoever holds the state. */
import fs from 'node:fs';
import { type Content, openContent, placeOf, readGoal } from './rewind-place.ts';
import type { Store } from './store/store.ts';
import type { Config, Generation, InputConfig } from './types.ts';
import { CLUE_BYTES, clue } from './wire/clue.ts';

/** `what` as it was written: an input's name, or a file, whose absolute path is `file`. */
export type Target = { readonly what: string; readonly file: string };

/** A position that was moved, in bytes. */
export type Rewound = {
  readonly path: string;
  readonly destination: string;
  readonly from: number | undefined;
  readonly to: number;
};

type Choice = { readonly input: InputConfig; readonly generation: Generation };

/** The generations of an input, or those that a path names. Throws an Error with a sentence where there are none. */
function chosen(config: Config, store: Store, { what, file }: Target): Choice[] {
  const all = config.inputs.flatMap((input) =>
    store.generations(input.name).map((generation) => ({ input, generation })),
  );
  const some = config.inputs.some((input) => input.name === what)
    ? all.filter(({ input }) => input.name === what)
    : all.filter(({ generation }) => generation.path === file || generation.chain === file);
  if (some.length > 0) return some;
  const inputs = config.inputs.map(({ name }) => name).join(', ');
  throw new Error(
    `${what} is neither an input (there are: ${inputs}) nor a file that was read. See 'tailship status'.`,
  );
}

/** The names of the inputs that a target concerns. Throws an Error with a sentence where there are none. */
export function inputsOf(config: Config, store: Store, target: Target): string[] {
  return [...new Set(chosen(config, store, target).map(({ input }) => input.name))];
}

/** Whether the file at a generation's path is still that one. */
function stands({ generation: { path: file, clues } }: Choice): boolean {
  const stat = file === undefined ? undefined : fs.statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.ino === clues.ino && stat.dev === clues.dev;
}

/**
 * Moves positions: of one file; of an input's live files; with a time, of its rotated files too. `now`: ms since the epoch. Throws
 * an Error with a sentence where `to` is no place or no such file is there.
 */
export function movePositions(
  { config, store, now }: { readonly config: Config; readonly store: Store; readonly now: number },
  target: Target & { readonly to: string },
): Rewound[] {
  const goal = readGoal(target.to, now);
  const timed = typeof goal === 'object' && 'time' in goal;
  const there = chosen(config, store, target).filter(stands);
  const some = there.filter(({ generation: { path: at, chain } }) => at === target.file || timed || at === chain);
  if (some.length === 0) throw new Error(`Of ${target.what} no file is there any more at the place where it was read.`);
  return store.transaction(() => some.flatMap((choice) => move(config, store, choice, goal)));
}

function move(
  config: Config,
  store: Store,
  { input, generation }: Choice,
  goal: ReturnType<typeof readGoal>,
): Rewound[] {
  const { file, path: at = '' } = generation;
  const content = openContent(at);
  try {
    const { modified } = { modified: fs.statSync(at).mtimeMs };
    return config.destinations.flatMap(({ name, record }) => {
      const to = placeOf(content, goal, { input, record, generation, modified });
      if (to === undefined) return [];
      const before = store.checkpoint(name, file);
      // What is passed over on the way forward is skipped on purpose, and the next record says so.
      const skip = before && to > before.offset ? before.skip + to - before.offset : 0;
      store.rewind(name, { file, offset: to, skip, clue: clueAt(content, to) });
      return [{ path: at, destination: name, from: before?.offset, to }];
    });
  } finally {
    content.close();
  }
}

const clueAt = (content: Content, at: number): string => clue(content.read(Math.max(0, at - CLUE_BYTES), at));

/** Forgets all generations of a file's chain, or of an input. Gives their number. Throws as `inputsOf` does. */
export function forgetGenerations(config: Config, store: Store, target: Target): number {
  const chains = new Set(chosen(config, store, target).map(({ generation }) => generation.chain));
  const files = config.inputs
    .flatMap((input) => store.generations(input.name))
    .filter(({ chain }) => chains.has(chain))
    .map((one) => one.file);
  store.forget(files);
  return files.length;
}
