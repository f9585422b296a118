/**
 * A new configuration while the agent runs. Only what changed is swapped, and each swap is a stop and a start in small: the walks
 * that are concerned end their links in order, so that what is under way is settled or in the spool, and then begin anew from
 * their checkpoints. Walks that are not concerned go on meanwhile.
 *
 * Where a swap could lose something it waits: while the spool is full, or while a deleted file that only we still hold open has
 * lines that are not settled.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Task } from './changes.ts';
import { follow } from './follow.ts';
import { type Plan, planOf, planText } from './reload-plan.ts';
import { createShaper } from './shape/shaper.ts';
import type { Tail } from './tail/tail.ts';
import { connect, createWalk, ownWriter, takeUp } from './take-up.ts';
import type { Config, InputConfig } from './types.ts';
import { allHome, type House, retireAll, type Walk } from './walk.ts';

/** How long a link that ends may wait for the server's proof, ms. */
const GRACE = 3_000;
/** Time until a swap that has to wait is tried again, ms. */
const AGAIN = 2_000;

export type Reloader = {
  /** To be called in every round of the loop. Throws a fault of the program that came up in a swap. */
  tend(): void;
  /** True once the agent has to be run again, because its state lies elsewhere or has other bounds from now on. */
  restart(): boolean;
  /** Resolves when no swap is under way. */
  quiet(): Promise<void>;
};

export type ReloadParts = {
  readonly house: House;
  readonly walks: Walk[];
  /** Reads files that are about to vanish into the spool. */
  saveLeaving(): void;
  /** Called when the configuration has changed. */
  changed(): void;
};

export function createReloader({ house, walks, saveLeaving, changed }: ReloadParts): Reloader {
  const { clock, log, changes } = house.parts;
  let wanted: Config | undefined;
  let warned = false;
  let again = 0;
  let busy: Promise<void> | undefined;
  let fault: { readonly problem: unknown } | undefined;
  let restart = false;

  async function run(offered: Config): Promise<void> {
    const next = keepEqual(house.config, offered);
    const plan = planOf(house.config, next);
    const what = planText(plan);
    if (what === undefined) {
      log.answer.info('The configuration was read again: nothing that matters has changed.');
      return;
    }
    tryOut(next);
    const done = plan.spool ? (await unsaved(house.tails.values())) === 0 : await swap(plan, next);
    restart ||= plan.spool && done;
    if (changes && (done || !plan.spool)) changes.config = plan.spool ? next : house.config;
    if (!plan.spool) changed();
    if (done) {
      log.answer.info(`The new configuration holds: ${what}.`);
      return;
    }
    if (!warned)
      log.answer.warn(
        'reload-waits',
        'A part of the new configuration waits until what was read in the old way is settled: the spool is full, or a deleted ' +
          'file is still being read. It is tried again. Bring the server back, or raise [spool] max_size.',
      );
    warned = true;
    wanted ??= offered;
    again = clock.ticks() + AGAIN;
  }

  /** Bytes of deleted files that would be lost with their open files, after as many as possible were saved. */
  async function unsaved(tails: Iterable<Tail>): Promise<number> {
    const all = [...tails];
    const count = () =>
      all.reduce(
        (sum, tail) => sum + tail.atRisk((destination, file) => house.store.checkpoint(destination, file)?.offset ?? 0),
        0,
      );
    if (count() === 0) return 0;
    await allHome(walks);
    saveLeaving();
    return count();
  }

  /** True when all of it was done. `between` is called when nobody reads or sends what the plan concerns. */
  async function swap(plan: Plan, next: Config, between: () => void = () => {}): Promise<boolean> {
    const { inputs, destinations } = plan;
    const replaced = () => [...inputs.refollowed, ...inputs.removed].map(({ name }) => house.tails.get(name)!);
    if ((await unsaved(replaced())) > 0) return false;
    const shapes = [...inputs.refollowed, ...inputs.reshaped].length > 0;
    const touched = new Set([...destinations.relinked, ...destinations.rerecorded].map(({ name }) => name));
    const gone = walks.filter((walk) => destinations.removed.some(({ name }) => name === walk.destination.name));
    const stopped = walks.filter(
      (walk) => !walk.fault && !gone.includes(walk) && (shapes || touched.has(walk.destination.name)),
    );
    for (const walk of [...gone, ...stopped]) walk.away = true;
    try {
      await retireAll([...gone.filter(({ fault }) => !fault), ...stopped], house, GRACE);
      await Promise.all(gone.map(({ shipper }) => shipper.stop(0)));
      const safe =
        stopped.every(({ held, settled }) => held.length + settled.length === 0) && (await unsaved(replaced())) === 0;
      if (safe) between();
      await exchange(house, walks, plan, safe ? next : withoutShapes(house.config, next), new Set(stopped));
      return safe;
    } finally {
      for (const walk of stopped) walk.away = false;
    }
  }

  /** The inputs of a task begin anew, as after a reload that changed them; their state is worked on in between. */
  async function carryOut(task: Task): Promise<void> {
    const { config } = house;
    const afresh = config.inputs.filter(({ name }) => task.inputs.includes(name)).map((input) => ({ ...input }));
    const next = { ...config, inputs: config.inputs.map((input) => find(afresh, input.name) ?? input) };
    const nothing = planOf(next, next);
    let problem: unknown = new Error(
      'Nothing was done: what was read and not delivered does not fit into the spool, or stands in a deleted file that is still being read. Try again when the server has it.',
    );
    const work = () => {
      try {
        task.work();
        problem = undefined;
      } catch (thrown) {
        problem = thrown;
      }
    };
    try {
      await swap({ ...nothing, inputs: { ...nothing.inputs, refollowed: afresh } }, next, work);
    } finally {
      task.done(problem);
    }
  }

  if (changes) changes.onOffer = house.bell.ring;
  return {
    tend() {
      if (fault) throw fault.problem;
      if (busy) return;
      const offered = changes?.take();
      if (offered) warned = false;
      const next = offered ?? (clock.ticks() >= again ? wanted : undefined);
      const task = next ? undefined : changes?.task();
      if (!next && !task) return;
      if (next) wanted = undefined;
      busy = (next ? run(next) : carryOut(task!))
        .catch((problem: unknown) => {
          fault = { problem };
        })
        .finally(() => {
          busy = undefined;
          house.parts.supervisor?.answered();
          house.bell.ring();
        });
    },
    restart: () => restart,
    quiet: async () => busy,
  };
}

/** Everything that can be built without touching anything is built once, so that what cannot be is known before. */
function tryOut({ inputs, destinations }: Config): void {
  for (const { record } of destinations) for (const input of inputs) createShaper({ input, record, warn: () => {} });
}

/** What can be taken over while lines are in our hands that were read in the old way: all but new ways to read and to shape. */
function withoutShapes(now: Config, next: Config): Config {
  return {
    ...next,
    inputs: next.inputs.map((input) => find(now.inputs, input.name) ?? input),
    destinations: next.destinations.map((one) => ({
      ...one,
      record: (find(now.destinations, one.name) ?? one).record,
    })),
  };
}

/** What did not change is the same object afterwards, so that the swap can tell. */
function keepEqual(now: Config, next: Config): Config {
  const same = <T>(before: T | undefined, after: T) => (isDeepStrictEqual(before, after) ? before! : after);
  return {
    ...next,
    inputs: next.inputs.map((input) => same(find(now.inputs, input.name), input)),
    destinations: next.destinations.map((one) => {
      const before = find(now.destinations, one.name);
      return { ...one, record: same(before?.record, one.record), link: same(before?.link, one.link) };
    }),
  };
}

function find<T extends { readonly name: string }>(list: readonly T[], name: string): T | undefined {
  return list.find((one) => one.name === name);
}

/** The swap itself, in one go: nobody reads, shapes or sends in between. `stopped`: the walks whose links have ended. */
async function exchange(
  house: House,
  walks: Walk[],
  plan: Plan,
  next: Config,
  stopped: ReadonlySet<Walk>,
): Promise<void> {
  const { tails, config: before } = house;
  house.config = next;
  const kept = (input: InputConfig) => before.inputs.includes(input);
  const follows = ({ name }: InputConfig) => tails.has(name) && !find(plan.inputs.refollowed, name);
  const fresh = next.inputs.filter((input) => !kept(input) && !follows(input));
  const over = [...plan.inputs.removed, ...fresh].flatMap(({ name }) => tails.get(name) ?? []);
  for (const { name } of plan.inputs.removed) tails.delete(name);
  for (const input of fresh) tails.set(input.name, follow(house, input, next.inputs.length));

  const all = next.destinations.map((destination) => {
    const walk = walks.find((one) => one.destination.name === destination.name);
    if (!walk) return createWalk(house, destination);
    const same = walk.fault !== undefined || walk.destination.record === destination.record;
    const taken = walk.inputs;
    walk.destination = destination;
    walk.own = ownWriter(house, destination);
    walk.inputs = next.inputs.map((input) => {
      const own = find(taken, input.name);
      return own && same && kept(input) ? own : takeUp(house, destination, input);
    });
    for (const input of taken) if (!walk.inputs.includes(input)) input.leave();
    if (stopped.has(walk)) walk.shipper = connect(walk, house);
    return walk;
  });
  for (const walk of walks) if (!all.includes(walk)) for (const input of walk.inputs) input.leave();
  walks.splice(0, walks.length, ...all);
  for (const { name } of fresh) tails.get(name)!.start();
  await Promise.all(over.map((tail) => tail.close()));
}
