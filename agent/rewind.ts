/** The composition behind `tailship rewind` and `tailship forget`: positions in the state of an agent that is stopped. */
import fs from 'node:fs';
import path from 'node:path';
import { realClock } from './ops/clock.ts';
import { type Content, openContent, placeOf, readGoal } from './rewind-place.ts';
import { loadConfig } from './sections.ts';
import { openStore, type Store, StoreProblem } from './store/store.ts';
import type { Config, Generation, InputConfig, Log } from './types.ts';
import { CLUE_BYTES, clue } from './wire/clue.ts';

type Asked = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** A file, or the name of an input. */
  readonly what: string;
};

/** A position that was moved, in bytes. */
export type Rewound = {
  readonly path: string;
  readonly destination: string;
  readonly from: number | undefined;
  readonly to: number;
};

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Opens the state of a stopped agent. Throws Error with a sentence where there is none, or an agent runs on it. */
function withStore<T>(config: Config, work: (store: Store) => T): T {
  const { path: state } = config.spool;
  if (!fs.existsSync(state))
    throw new Error(`There is no state at ${state}: nothing was read yet with this configuration.`);
  let store: Store;
  try {
    store = openStore({ config: config.spool, clock: realClock, log: silent, command: 'tailship rewind' });
  } catch (error) {
    if (!(error instanceof StoreProblem)) throw error;
    throw new Error(`${error.message} Positions are moved only while the agent is stopped.`);
  }
  try {
    return work(store);
  } finally {
    store.close();
  }
}

type Choice = { readonly input: InputConfig; readonly generation: Generation };

/** The generations of an input, or those that a path names. */
function chosen(config: Config, store: Store, { what, cwd }: Asked): Choice[] {
  const file = path.resolve(cwd, what);
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

/** Whether the file at a generation's path is still that one. */
function stands({ generation: { path: file, clues } }: Choice): boolean {
  const stat = file === undefined ? undefined : fs.statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.ino === clues.ino && stat.dev === clues.dev;
}

/**
 * Moves positions: of one file; of an input's live files; with a time, of its rotated files too. Throws ConfigProblems, or an
 * Error with a sentence.
 */
export function rewind(asked: Asked & { readonly to: string }): Rewound[] {
  const { config } = loadConfig(asked);
  const goal = readGoal(asked.to, realClock.now());
  return withStore(config, (store) => {
    const file = path.resolve(asked.cwd, asked.what);
    const timed = typeof goal === 'object' && 'time' in goal;
    const there = chosen(config, store, asked).filter(stands);
    const some = there.filter(({ generation: { path: at, chain } }) => at === file || timed || at === chain);
    if (some.length === 0)
      throw new Error(`Of ${asked.what} no file is there any more at the place where it was read.`);
    return store.transaction(() => some.flatMap((choice) => move(config, store, choice, goal)));
  });
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

/** Forgets all generations of a file's chain, or of an input. Gives their number. Throws as `rewind` does. */
export function forget(asked: Asked): number {
  const { config } = loadConfig(asked);
  return withStore(config, (store) => {
    const some = chosen(config, store, asked);
    const chains = new Set(some.map(({ generation }) => generation.chain));
    const files = config.inputs
      .flatMap((input) => store.generations(input.name))
      .filter(({ chain }) => chains.has(chain))
      .map((one) => one.file);
    store.forget(files);
    return files.length;
  });
}
