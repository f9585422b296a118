/** The composition behind `tailship rewind` and `tailship forget`: a running agent is told to do it, else it is done in the state file. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod/mini';
import { realClock } from './ops/clock.ts';
import { orderControl } from './ops/control.ts';
import { forgetGenerations, movePositions, type Rewound } from './positions.ts';
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
  z.object({ path: z.string(), destination: z.string(), from: z.optional(z.number()), to: z.number() }),
);

const nothing = () => {};
const silent: Log = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  answer: { info: nothing, warn: nothing, error: nothing },
};

/** How long an agent is waited for that holds the state and does not answer: it is starting, or about to end. In ms. */
const PATIENCE = 10_000;
const EVERY = 200;

/** Has a running agent do `what`, else does it in the state of one that is stopped. Throws as `rewind` does. */
async function moved(
  config: Config,
  what: '/rewind' | '/forget',
  target: object,
  here: (store: Store) => unknown,
): Promise<unknown> {
  const { path: state } = config.spool;
  const end = realClock.ticks() + PATIENCE;
  for (;;) {
    const answer = await orderControl(`${state}.sock`, what, JSON.stringify(target));
    if (answer !== undefined) return JSON.parse(answer);
    if (!fs.existsSync(state))
      throw new Error(`There is no state at ${state}: nothing was read yet with this configuration.`);
    try {
      const store = openStore({
        config: config.spool,
        clock: realClock,
        log: silent,
        command: `tailship ${what.slice(1)}`,
      });
      try {
        return here(store);
      } finally {
        store.close();
      }
    } catch (problem) {
      if (!(problem instanceof StoreProblem)) throw problem;
      if (problem.explain !== 'spool-held' || realClock.ticks() > end) throw new Error(problem.message);
    }
    await setTimeout(EVERY);
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
  const done = await moved(config, '/rewind', target, (store) =>
    movePositions({ config, store, now: realClock.now() }, target),
  );
  return REWOUND.parse(done).map((one) => ({ ...one, from: one.from }));
}

/** Forgets all generations of a file's chain, or of an input. Gives their number. Throws as `rewind` does. */
export async function forget(asked: Asked): Promise<number> {
  const { config } = loadConfig(asked);
  const target = targetOf(asked);
  return z.number().parse(await moved(config, '/forget', target, (store) => forgetGenerations(config, store, target)));
}
