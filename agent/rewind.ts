/** The composition behind `tailship rewind` and `tailship forget`: a running agent is told to do it, else it is done in the state file. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { realClock } from './ops/clock.ts';
import { orderControl } from './ops/control.ts';
import { forgetGenerations, movePositions, type Rewound } from './positions.ts';
import { readGoal } from './rewind-place.ts';
import { loadConfig } from './sections.ts';
import { openStore, type Store, StoreProblem } from './store/store.ts';
import type { Config, Log } from './types.ts';

type Asked = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** A file, or the name of an input. */
  readonly what: string;
};

const REWOUND = z.array(
  z.object({ path: z.string(), destination: z.string(), from: z.number().optional(), to: z.number() }),
);

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Opens the state of a stopped agent. Throws Error with a sentence where there is none, or somebody else has it. */
function withStore<T>(config: Config, work: (store: Store) => T): T {
  const { path: state } = config.spool;
  if (!fs.existsSync(state))
    throw new Error(`There is no state at ${state}: nothing was read yet with this configuration.`);
  let store: Store;
  try {
    store = openStore({ config: config.spool, clock: realClock, log: silent, command: 'tailship rewind' });
  } catch (error) {
    if (!(error instanceof StoreProblem)) throw error;
    throw new Error(`${error.message} Whoever it is does not answer at ${state}.sock: stop it first.`);
  }
  try {
    return work(store);
  } finally {
    store.close();
  }
}

const targetOf = ({ cwd, what }: Asked) => ({ what, file: path.resolve(cwd, what) });

/**
 * Moves positions: of one file; of an input's live files; with a time, of its rotated files too. Throws ConfigProblems,
 * ControlProblem, or an Error with a sentence.
 */
export async function rewind(asked: Asked & { readonly to: string }): Promise<readonly Rewound[]> {
  const { config } = loadConfig(asked);
  const target = { ...targetOf(asked), to: asked.to };
  readGoal(asked.to, realClock.now()); // A slip in it is told whoever is to do it.
  const answer = await orderControl(`${config.spool.path}.sock`, '/rewind', JSON.stringify(target));
  if (answer !== undefined) return REWOUND.parse(JSON.parse(answer)).map((one) => ({ ...one, from: one.from }));
  return withStore(config, (store) => movePositions({ config, store, now: realClock.now() }, target));
}

/** Forgets all generations of a file's chain, or of an input. Gives their number. Throws as `rewind` does. */
export async function forget(asked: Asked): Promise<number> {
  const { config } = loadConfig(asked);
  const target = targetOf(asked);
  const answer = await orderControl(`${config.spool.path}.sock`, '/forget', JSON.stringify(target));
  if (answer !== undefined) return z.number().parse(JSON.parse(answer));
  return withStore(config, (store) => forgetGenerations(config, store, target));
}
