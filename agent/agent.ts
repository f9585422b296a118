/**
 * The agent: this file is the walk of a line, top to bottom.
 *
 *   tail ──chunk──▶ shape ──batch──▶ ship ──settled──▶ store
 *   files to lines  lines to syslog  syslog to server  the checkpoint moves
 *                             └──────────spooled──────▶
 *
 * Each destination is a walk of its own over the same files: own positions, own shapers, own window, own spool rows. A walk
 * takes one small step at a time: a step sends one batch, or writes a few into the spool. Which step is due follows from two facts,
 * so there is no state that could go stale:
 *
 *   link down                         spooling   what is read goes to the spool
 *   link up, spool rows not yet sent  draining   only the spool is sent, oldest first; the files wait
 *   link up, nothing left to drain    live       what is read is sent
 *
 * A checkpoint moves only when a batch is settled: acknowledged, spooled, or dropped by a stated policy and counted.
 * What is sent and not settled fits in the shipper's window; when that is full nobody pulls, so nobody reads.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { createBell } from './bell.ts';
import { createCrowdedLook } from './crowded.ts';
import { follow } from './follow.ts';
import { gather, pass } from './gather.ts';
import { createTidying } from './memory.ts';
import { type Observed, observe } from './observe.ts';
import { markWhenDue, tellDropped, tellLoss } from './own-records.ts';
import { createReloader } from './reload.ts';
import type { Asked } from './shaping.ts';
import { fleeting } from './store/place.ts';
import { openStore, type Store, StoreProblem } from './store/store.ts';
import { createShared } from './tail/tail.ts';
import { connectAgain, createWalk } from './take-up.ts';
import { createThread } from './thread.ts';
import { sayTrouble } from './trouble.ts';
import type { Batch, Loss, Sent } from './types.ts';
import {
  type AgentParts,
  allHome,
  exhausted,
  type House,
  halt,
  retireAll,
  sendHeld,
  spool,
  spoolHeld,
  stateOf,
  type Walk,
  writeDown,
} from './walk.ts';

/** How long an orderly stop waits for the server's proof, in ms, before what is unsettled goes to the spool. */
const STOP_GRACE = 3_000;
/** By when, in ms from its beginning, it is through with reading files that are about to vanish into the spool. */
const STOP_WITHIN = 4_500;
/** How long that may take in any case, in ms. */
const SAVE_WITHIN = 1_000;
/** How long the disk is left alone after it refused, in ms; also the longest that the loop sleeps. */
const REST = 1_000;

/**
 * Runs the agent until `stop`, or until all is shipped with `once`.
 * Gives the exit code: 0 fine, 1 when `once` ended with lines that the server does not have; undefined when it ended because the
 * state file was removed or is damaged, or a new configuration has another one: the agent is to be run again, and goes on with what
 * stands there or could be saved.
 * Throws StoreProblem when the state cannot be opened.
 */
export async function runAgent(parts: AgentParts): Promise<number | undefined> {
  const { config, log, clock, stop } = parts;
  const bell = createBell();
  const store = openStore({ config: config.spool, clock, log, command: parts.command });
  const risk = fleeting(config.spool.path);
  if (risk !== undefined) log.warn('spool-fleeting', risk);
  const walks: Walk[] = [];
  const lost = (loss: Loss) => tellLoss(loss, { clock, store }, walks);
  const thread = createThread(parts, parts.thread);
  const house: House = { parts, config, store, tails: new Map(), bell, shared: createShared(log), thread, lost };
  for (const input of config.inputs) house.tails.set(input.name, follow(house, input, config.inputs.length));
  walks.push(...config.destinations.map((destination) => createWalk(house, destination)));
  const observed = await observe(house, walks);
  if (parts.changes) parts.changes.onTell = observed.tell;
  stop.addEventListener('abort', bell.ring);
  try {
    for (const tail of house.tails.values()) tail.start();
    return parts.once ? await runOnce(house, walks, parts.once.wait) : await runOn(house, walks, observed);
  } finally {
    stop.removeEventListener('abort', bell.ring);
    await Promise.all([
      ...walks.map(({ shipper }) => shipper.stop(0)),
      observed.close(),
      thread.close(),
      ...[...house.tails.values()].map((tail) => tail.close()),
    ]);
    store.close();
  }
}

/** Runs until `stop`, then delivers or spools what is under way. */
async function runOn(house: House, walks: Walk[], { refresh: changed, stir }: Observed): Promise<number | undefined> {
  const { stop, log, clock, config } = house.parts;
  const reloader = createReloader({ house, walks, changed, saveLeaving: () => saveLeaving(walks, house) });
  const lookAtCrowded = createCrowdedLook(house);
  const tidying = createTidying();
  let look = 0;
  let trouble: ReturnType<Store['trouble']>;
  while (!stop.aborted && trouble === undefined && !reloader.restart()) {
    reloader.tend();
    house.parts.supervisor?.round(walks.some(({ shipper }) => shipper.link() === 'connecting'));
    if (clock.ticks() >= look) {
      look = clock.ticks() + REST;
      trouble = house.store.trouble();
      lookAtCrowded(walks);
      tidying.look(clock.ticks());
    }
    if (stepAll(house, walks)) {
      stir();
      tidying.worked();
      await breathe();
    } else if (await house.bell.rung(REST)) stir();
  }
  if (trouble !== undefined) sayTrouble(trouble, config.spool.path, log);
  const end = clock.ticks() + STOP_WITHIN;
  await reloader.quiet();
  await Promise.all([retireAll(walks, house, STOP_GRACE), allHome(walks)]);
  saveLeaving(walks, house, end);
  if (trouble !== undefined || (reloader.restart() && !stop.aborted)) return undefined;
  return walks.some(({ fault }) => fault) ? 1 : 0;
}

/** Runs until the files are read to the end that they had at the start and the servers have it all. */
async function runOnce(house: House, walks: readonly Walk[], wait: number): Promise<number> {
  const { clock, stop } = house.parts;
  let patience = clock.ticks() + wait;
  for (let seen = 0; !stop.aborted && clock.ticks() < patience; ) {
    const moved = stepAll(house, walks);
    const progress = walks.reduce((sum, walk) => sum + walk.progress, 0);
    if (progress > seen) patience = clock.ticks() + wait;
    seen = progress;
    if (moved) await breathe();
    else if (walks.every((walk) => exhausted(walk, house.store))) {
      const delivered = await retireAll(walks, house, patience - clock.ticks());
      if (delivered.every(Boolean)) return 0;
      await connectAgain(walks, house, REST);
    } else await house.bell.rung(REST);
  }
  await retireAll(walks, house, STOP_GRACE);
  return 1;
}

/**
 * Every walk takes its step, whatever the others do: one that is down, full, or halted by a fault holds no other back.
 * Throws the fault when no walk is left that could go on.
 */
function stepAll(house: House, walks: readonly Walk[]): boolean {
  let moved = false;
  tend(house);
  for (const walk of walks) moved = step(walk, house) || moved;
  if (walks.length > 0 && walks.every(({ fault }) => fault)) throw walks[0]!.fault;
  return moved;
}

/** What the store has to look at now and then, so that it happens at work and at rest alike. */
function tend({ store, parts: { log } }: House): void {
  try {
    store.tend();
  } catch (problem) {
    if (!(problem instanceof StoreProblem)) throw problem;
    log.error(problem.explain, `${problem.message} It is tried again.`);
  }
}

/** One step of a walk: moves a batch, or a few into the spool, and tells whether anything moved. It never waits. */
function step(walk: Walk, house: House): boolean {
  const { parts, store } = house;
  if (walk.fault || walk.away || parts.clock.ticks() < (walk.refusal?.until ?? 0)) return false;
  try {
    const moved = writeDown(walk, store) || markWhenDue(walk, house) || tellDropped(walk, house) || onward(walk, house);
    if (moved) walk.refusal = undefined;
    return moved;
  } catch (problem) {
    if (problem instanceof StoreProblem) {
      parts.log.error(problem.explain, `${problem.message} Nothing is lost: it is tried again.`);
      walk.refusal = { until: parts.clock.ticks() + REST, why: problem.message };
    } else halt(walk, problem, parts.log);
    return false;
  }
}

/** Where a line goes next. */
function onward(walk: Walk, { parts: { log, clock }, store }: House): boolean {
  const now = clock.now();
  const toWire = (sent: readonly Sent[]) => {
    for (const one of sent) walk.shipper.send(one);
  };
  const toSpool = (sent: readonly Sent[]) => spool(walk, store, sent);
  switch (stateOf(walk, store)) {
    case 'connecting':
      return false; // The link's first word decides between the wire and the spool.
    case 'spooling':
      return spoolHeld(walk, store, log) && pull(walk, now, toSpool, { ahead: store.pack });
    case 'draining': // Files can wait for their turn; files that are about to vanish cannot.
      return drain(walk, store) || (spoolHeld(walk, store, log) && pull(walk, now, toSpool, { only: 'leaving' }));
    case 'live':
      return walk.shipper.room() > 0 && (sendHeld(walk) || pull(walk, now, toWire));
  }
}

/** From the files into shape: what the next of the inputs in turn has becomes one batch or a few, which `take` carries on. */
function pull(walk: Walk, now: number, take: (sent: readonly Sent[]) => void, asked: Asked = {}): boolean {
  for (let tries = 0; tries < walk.inputs.length; tries++) {
    const { shaping } = walk.inputs[walk.turn++ % walk.inputs.length]!;
    const hand = (batches: readonly Batch[]): void => {
      walk.progress += batches.length;
      take(batches.map((batch) => ({ batch, row: undefined, again: false })));
    };
    const next = () => shaping.next(now, asked);
    // What is compressed ahead of its turn is a row of its own.
    if (asked.ahead ? pass(next(), hand) : gather(next, walk.enough, hand)) return true;
  }
  return false;
}

/**
 * Before the end: what is unread of files that are about to vanish goes to the spool, for they may be gone at the next start. Stops at
 * `end`, on the clock's ticks.
 */
function saveLeaving(walks: readonly Walk[], house: House, end = 0): void {
  const { clock } = house.parts;
  const last = Math.max(end, clock.ticks() + SAVE_WITHIN);
  let busy = walks.filter(({ fault }) => !fault);
  while (busy.length > 0 && clock.ticks() < last) busy = busy.filter((walk) => saveSome(walk, house));
}

/** True where there may be more. */
function saveSome(walk: Walk, { parts: { clock, log }, store }: House): boolean {
  const toSpool = (sent: readonly Sent[]) => spool(walk, store, sent);
  try {
    return spoolHeld(walk, store, log) && pull(walk, clock.now(), toSpool, { only: 'leaving' });
  } catch (problem) {
    if (!(problem instanceof StoreProblem)) throw problem;
    log.error(problem.explain, `${problem.message} What is unread of renamed and deleted files stays where it is.`);
    return false;
  }
}

/** From the spool to the wire, oldest first. The row stays until its batch is settled. */
function drain(walk: Walk, store: Store): boolean {
  if (walk.shipper.room() <= 0) return false;
  const sent = store.read(walk.destination.name, walk.lastRow);
  if (sent?.row === undefined) return false;
  walk.shipper.send(sent);
  walk.lastRow = sent.row;
  if (sent.row > walk.furthest) walk.progress += 1;
  walk.furthest = Math.max(walk.furthest, sent.row);
  return true;
}
