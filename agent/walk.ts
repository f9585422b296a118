/**
 * What one destination's walk holds in its hands, and how it is laid down. It is taken up in take-up.ts; the way it goes is in
 * agent.ts.
 */
import type { Bell } from './bell.ts';
import type { Changes } from './changes.ts';
import type { AgentLog } from './ops/log.ts';
import type { Recent } from './ops/recent.ts';
import type { Status } from './ops/status.ts';
import type { Supervisor } from './ops/supervisor.ts';
import type { OwnWriter } from './shape/own.ts';
import type { Shaping } from './shaping.ts';
import type { Shipper } from './ship/shipper-types.ts';
import type { Sockets } from './ship/sockets.ts';
import { type Store, StoreProblem } from './store/store.ts';
import type { Shared, Tail, TailWalk } from './tail/tail.ts';
import type { Thread, ThreadSetup } from './thread.ts';
import type { Clock, Config, DestinationConfig, Log, Loss, Sent } from './types.ts';
import { freeBatch } from './wire/free.ts';
import { formatSize } from './wire/units.ts';

export type AgentParts = {
  readonly config: Config;
  readonly log: Log & Pick<AgentLog, 'complaints'>;
  readonly clock: Clock;
  /** Aborted to stop in order: what is under way is then delivered or spooled. */
  readonly stop: AbortSignal;
  /** The command line, told to whoever tries to use the same state. */
  readonly command: string;
  /** Ship what stands in the files now and end; give up after `wait` ms without progress. Undefined: run until `stop`. */
  readonly once: { readonly wait: number } | undefined;
  /** Orders that come while it runs; none where left out. */
  readonly changes?: Changes;
  /** Told how the agent fares; undefined where no service manager asked for that. */
  readonly supervisor?: Supervisor | undefined;
  /** Told every second how the agent is doing. */
  readonly seen?: (status: Status) => void;
  /** The system's own when left out. */
  readonly sockets?: Sockets;
  readonly thread?: ThreadSetup;
};

/** What all walks share. */
export type House = {
  readonly parts: AgentParts;
  /** The one that holds now: a reload puts another in its place. */
  config: Config;
  readonly store: Store;
  /** By the input's name. */
  readonly tails: Map<string, Tail>;
  readonly bell: Bell;
  /** What the inputs read, each for itself. */
  readonly shared: Shared;
  /** Where lines are shaped while the flow is heavy. */
  readonly thread: Thread;
  /** Told of bytes that never became lines. */
  lost(loss: Loss): void;
};

/** One input as one walk goes through it. */
export type WalkInput = {
  readonly name: string;
  readonly tail: TailWalk;
  readonly shaping: Shaping;
  /** Lets it go. What was read of it and is not settled is read again by whoever takes it up next. */
  leave(): void;
};

/** One destination's walk over all inputs. */
export type Walk = {
  destination: DestinationConfig;
  inputs: readonly WalkInput[];
  shipper: Shipper;
  /** The newest spool row that the shipper has taken since the link came up. */
  lastRow: number;
  /** The newest one that was ever sent. */
  furthest: number;
  /** Counts what came further: read, sent from the spool for the first time, or settled. What is only sent again did not. */
  progress: number;
  /** Came back from a broken link and is not yet noted in the spool (full, or the disk refuses). Older than anything unread. */
  held: Sent[];
  /** Settled by the shipper and not yet written down. */
  settled: Sent[];
  /** Whether a server has refused something for good since the start. */
  refused: boolean;
  /** True while the spool takes no more. */
  full: boolean;
  /** Batches are put together up to so many bytes of messages. */
  readonly enough: number;
  /** Whose turn it is among the inputs. */
  turn: number;
  /** The newest records as they were sent. */
  readonly recent: Recent;
  /** What went wrong in the program itself. Such a walk stands still until the next start, for a step more could skip lines. */
  fault: Error | undefined;
  /** True while a reload has it in hand. */
  away: boolean;
  /** Writes records of the agent's own for this destination. */
  own: OwnWriter;
  /** The tick at which the next mark is due. */
  nextMark: number;
  /** The disk has just refused: until this tick it is left alone, and why, in words. */
  refusal: { readonly until: number; readonly why: string } | undefined;
};

/** The state of a walk, derived and never stored. */
export function stateOf(walk: Walk, store: Store): 'connecting' | 'spooling' | 'draining' | 'live' {
  const link = walk.shipper.link();
  if (link !== 'up') return link === 'down' ? 'spooling' : 'connecting';
  // A row that waits for drain_rate has been read from the spool, and is not yet on its way.
  const held = walk.shipper.waiting()?.row !== undefined;
  return held || store.newestRow(walk.destination.name) > walk.lastRow ? 'draining' : 'live';
}

/**
 * Nothing is left to read, to drain or to hand over: only the server's proof can be missing. A server that is away has nothing to
 * prove where nothing waits for it.
 */
export function exhausted(walk: Walk, store: Store): boolean {
  if (walk.held.length > 0 || !walk.inputs.every(({ shaping }) => shaping.finished())) return false;
  const state = stateOf(walk, store);
  return state === 'live' || (state === 'spooling' && store.newestRow(walk.destination.name) === 0);
}

/** Into the spool: row and checkpoint in one transaction. What the spool does not take stays in our hands. */
export function spool(walk: Walk, store: Store, sent: readonly Sent[]): void {
  let stored = false;
  try {
    stored = store.spool(walk.destination.name, sent);
    // Nobody has a settled batch any more.
    if (stored) for (const { batch } of sent) freeBatch(batch);
  } finally {
    if (!stored) walk.held.push(...sent);
  }
}

/** True when nothing older than the files is left in our hands. What does not fit as a whole goes in as far as it fits. */
export function spoolHeld(walk: Walk, store: Store, log: Log): boolean {
  if (walk.held.length > 0) spool(walk, store, walk.held.splice(0));
  for (let one = walk.held[0]; one && store.spool(walk.destination.name, [one]); one = walk.held[0]) {
    freeBatch(one.batch);
    walk.held.shift();
  }
  const full = walk.held.length > 0;
  if (full && !walk.full) {
    const limit = formatSize(store.space().limit);
    log.warn(
      'spool-full',
      `The spool is full (${limit}): the files wait where they are. Bring the server back, or raise [spool] max_size.`,
      { destination: walk.destination.name },
    );
  }
  walk.full = full;
  return !full;
}

export function sendHeld(walk: Walk): boolean {
  // A row that came back stands in the spool all the same, and is drained from there.
  walk.held = walk.held.filter((sent) => sent.row === undefined);
  const sent = walk.held.shift();
  if (sent) walk.shipper.send(sent);
  return sent !== undefined;
}

/** The settle: checkpoints, ledger and spool rows of all that was acknowledged, in one transaction. */
export function writeDown(walk: Walk, store: Store): boolean {
  if (walk.settled.length === 0) return false;
  store.settle(walk.destination.name, walk.settled);
  for (const { batch } of walk.settled) freeBatch(batch);
  walk.progress += walk.settled.length;
  walk.settled = [];
  return true;
}

/** Takes a walk out of the round after a fault of the program. What it has not settled is still in the files and the spool. */
export function halt(walk: Walk, problem: unknown, log: Log): void {
  walk.fault = problem instanceof Error ? problem : new Error(String(problem));
  log.error(
    'destination-halted',
    `The destination ${walk.destination.name} is halted by a fault of tailship: ${walk.fault.message}. Its lines are still in their files or in the spool, and other destinations go on. Start the agent again to resume it.`,
  );
  log.debug('Where the error came from:', { stack: walk.fault.stack });
}

/** What the other thread has in hand comes back, so that files can be read in one go. */
export async function allHome(walks: readonly Walk[]): Promise<void> {
  await Promise.all(walks.flatMap(({ inputs }) => inputs.map(({ shaping }) => shaping.home())));
}

/** Ends all walks, each whatever becomes of the others. Tells for each whether its server has everything. */
export async function retireAll(walks: readonly Walk[], house: House, grace: number): Promise<boolean[]> {
  const ends = await Promise.allSettled(walks.map((walk) => retire(walk, house, grace)));
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}

/** Ends a walk's link in order and spools what the server has not proved to have. True when the server has everything. */
async function retire(walk: Walk, { parts, store }: House, grace: number): Promise<boolean> {
  const unsettled = await walk.shipper.stop(grace);
  walk.held.unshift(...unsettled);
  try {
    writeDown(walk, store);
    const delivered =
      !walk.refused && unsettled.length === 0 && walk.held.length === 0 && store.newestRow(walk.destination.name) === 0;
    if (!spoolHeld(walk, store, parts.log))
      parts.log.warn('spool-full', 'The spool is full: what is unsettled stays in the files and is read again.');
    return delivered;
  } catch (problem) {
    if (!(problem instanceof StoreProblem)) throw problem;
    parts.log.error(problem.explain, `${problem.message} What is unsettled stays in the files and is read again.`);
    return false;
  }
}
