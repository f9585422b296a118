/** The composition behind `tailship spool`: the state file where no agent runs, and the running agent where it has to be. */
import fs from 'node:fs';
import { runAgent } from './agent.ts';
import { didYouMean } from './nearest.ts';
import { realClock } from './ops/clock.ts';
import { askControl, orderControl } from './ops/control.ts';
import { createLog, type LogSink } from './ops/log.ts';
import { createProgress } from './ops/progress.ts';
import type { Listed } from './ops/spooltext.ts';
import type { Status } from './ops/status.ts';
import { loadConfig } from './sections.ts';
import { type SpoolParts, waitingIn } from './spool-list.ts';
import { BY_HAND } from './spool-orders.ts';
import { inspectStore } from './store/inspect.ts';
import { countSpool, readSpool } from './store/look.ts';
import type { Matched, SpoolFilter } from './store/rows.ts';
import { openStore } from './store/store.ts';
import type { Config } from './types.ts';

/** What is meant of the spool. `olderThan` in ms; nothing named: all. */
export type Wanted = {
  readonly destinations: readonly string[];
  readonly input: string | undefined;
  readonly olderThan: number | undefined;
  /** What a server refused for good, instead of what waits. */
  readonly refused?: boolean;
};

/** Said by these commands where the sentence is for the operator alone. */
class SpoolProblem extends Error {}

/**
 * The messages that wait, oldest first, each followed by a LF. Nothing is taken out. Long work
 * is told of where `talk` is given. Throws at the first one ConfigProblems, StoreProblem and SpoolProblem.
 */
export function* exportSpool(parts: SpoolParts, wanted: Wanted, talk: Talk | undefined): Generator<Buffer> {
  const { config, filter } = judge(parts, wanted);
  const { rows } = countSpool(config.spool.path, filter);
  const progress = talk && progressOf(talk, 'Exporting');
  let [done, bytes] = [0, 0];
  try {
    for (const messages of readSpool(config.spool.path, filter)) {
      yield messages;
      done += 1;
      bytes += messages.length;
      progress?.tell(done / rows, bytes);
    }
  } finally {
    progress?.end();
  }
}

/** Where a command talks. */
type Talk = LogSink & { readonly columns?: number | undefined };

function progressOf(out: Talk, what: string) {
  return createProgress({ out, clock: realClock, what, say: (told) => out.write(`${told}\n`) });
}

/** What an order would take, and what it then takes. */
type Order = { readonly matched: Matched; carryOut(stderr: LogSink): Promise<Matched> };

/**
 * Looks what `wanted` takes in; `carryOut` drops it, in the running agent where there is one. Throws as `exportSpool`, and
 * ControlProblem when an agent has the spool and cannot be told.
 */
export const prepareDrop = (parts: SpoolParts, wanted: Wanted): Order => prepare('drop', parts, wanted);

/** The same for what was refused, which is put at the end of the queue once more. */
export const prepareRetry = (parts: SpoolParts, wanted: Wanted): Order =>
  prepare('retry', parts, { ...wanted, refused: true });

function prepare(verb: keyof typeof BY_HAND, parts: SpoolParts, wanted: Wanted): Order {
  const { config, filter } = judge(parts, wanted);
  const { path } = config.spool;
  return {
    matched: countSpool(path, filter),
    async carryOut(stderr) {
      const answer = await orderControl(`${path}.sock`, `/spool/${verb}`, JSON.stringify(filter));
      if (answer !== undefined) return JSON.parse(answer) as Matched;
      const log = createLog({ level: 'error', sink: stderr, clock: realClock });
      const store = openStore({ config: config.spool, clock: realClock, log, command: `tailship spool ${verb}` });
      try {
        return BY_HAND[verb](store, log, filter);
      } finally {
        store.close();
      }
    },
  };
}

function judge(parts: SpoolParts, wanted: Wanted): { readonly config: Config; readonly filter: SpoolFilter } {
  const { config } = loadConfig(parts);
  const known = waitingIn(config, inspectStore(config.spool.path)).map(({ name }) => name);
  for (const name of wanted.destinations) {
    if (known.includes(name)) continue;
    const near = didYouMean(name, known) || ` There are: ${known.join(', ')}.`;
    throw new SpoolProblem(`There is no destination '${name}', neither in the configuration nor in the spool.${near}`);
  }
  const { destinations, input, olderThan, refused } = wanted;
  const filter = {
    refused,
    destinations: destinations.length > 0 ? destinations : undefined,
    input,
    before: olderThan === undefined ? undefined : realClock.now() - olderThan,
  };
  return { config, filter };
}

export type DrainParts = SpoolParts & {
  readonly destinations: readonly string[];
  /** Give up when nothing has moved for so long, ms. */
  readonly wait: number;
  readonly stderr: Talk;
  readonly stop: AbortSignal;
};

/** `delivered`: nothing that has a server is left. `orphaned`: what no server is configured for. */
export type Drained = {
  readonly delivered: boolean;
  readonly left: Matched;
  readonly orphaned: readonly Listed['destinations'][number][];
};

/**
 * Sends what waits and reads no file. Where an agent runs, which drains by itself, it is only watched. Throws as `exportSpool`,
 * and StoreProblem when another process takes the state meanwhile.
 */
export async function drainSpool(parts: DrainParts): Promise<Drained> {
  const { config, filter } = judge(parts, { destinations: parts.destinations, input: undefined, olderThan: undefined });
  const { path } = config.spool;
  const found = waitingIn(config, inspectStore(path));
  const meant = found.filter(({ name, orphaned }) => !orphaned && (filter.destinations?.includes(name) ?? true));
  const names = meant.filter(({ rows }) => rows > 0).map(({ name }) => name);
  const left = () => countSpool(path, { destinations: names });
  if (names.length > 0) {
    const running = (await askControl(`${path}.sock`, '/status')) !== undefined;
    const progress = progressOf(parts.stderr, 'Sending');
    const { bytes: all } = left();
    const tell = () => {
      const done = Math.max(0, all - left().bytes);
      progress.tell(done / all, done);
    };
    const timer = setInterval(tell, EVERY);
    tell();
    try {
      if (running) await follow(`${path}.sock`, names, parts);
      else await send(config, names, { ...parts, stderr: progress.sink });
    } finally {
      clearInterval(timer);
      progress.end();
    }
  }
  const rest = left();
  return {
    delivered: rest.rows === 0,
    left: rest,
    orphaned: found.filter(({ orphaned, rows }) => orphaned && rows > 0),
  };
}

/** How often what is left is told, and how often a running agent is asked, ms. */
const EVERY = 500;

/** The agent without any input: what it has to do is to drain. */
async function send(config: Config, names: readonly string[], parts: DrainParts): Promise<void> {
  const log = createLog({ level: config.log.level, sink: parts.stderr, clock: realClock });
  const destinations = config.destinations.filter(({ name }) => names.includes(name));
  try {
    await runAgent({
      ...{ config: { ...config, inputs: [], destinations }, log, clock: realClock, stop: parts.stop },
      ...{ command: 'tailship spool drain', once: { wait: parts.wait } },
    });
  } finally {
    log.flush();
  }
}

/** Watches a running agent until it has drained, or nothing has moved for `wait`. */
async function follow(socket: string, names: readonly string[], { wait, stop }: DrainParts): Promise<void> {
  let least = Infinity;
  let patience = realClock.ticks() + wait;
  while (!stop.aborted && realClock.ticks() < patience) {
    const answer = await askControl(socket, '/status');
    if (answer === undefined)
      throw new SpoolProblem('The agent that was draining has ended. Start this command again.');
    const { destinations } = JSON.parse(answer) as Status;
    const rows = destinations
      .filter(({ name }) => names.includes(name))
      .reduce((sum, { spool }) => sum + spool.rows, 0);
    if (rows === 0) return;
    if (rows < least) patience = realClock.ticks() + wait;
    least = Math.min(least, rows);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

/** Opens a new file for an export, readable by its owner alone. Throws SpoolProblem, also where there is one already. */
export function openOut(file: string): { write(bytes: Uint8Array): void; close(): void } {
  try {
    const handle = fs.openSync(file, 'wx', 0o600);
    return { write: (bytes) => fs.writeFileSync(handle, bytes), close: () => fs.closeSync(handle) };
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const why = there ? 'it is there already. Move it away, or name another file.' : `${(error as Error).message}.`;
    throw new SpoolProblem(`Cannot write ${file}: ${why}`);
  }
}
