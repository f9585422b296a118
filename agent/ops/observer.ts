/**
 * Looks at the agent now and then, so that there is something to compare with: rates, ages, the last hour, and health. A look
 * takes longer the more files there are, so the pause behind it grows with it: looking costs a thousandth of a core, until the
 * pause is at its longest. That it is also while nothing waits and nothing moves, for a look makes 25 KB of objects.
 */
import type { Clock, Count } from '../types.ts';
import { createAges } from './ages.ts';
import { healthOf, nothingWaited, type Progress, progressAfter, rests, type Seen, stalls } from './health.ts';
import { createHistory, type History } from './history.ts';
import { createRates } from './rates.ts';
import { createSpeeds, type Speeds } from './speeds.ts';
import type { FileLine, Health, Status } from './status.ts';

/** The shortest and the longest pause between two looks, ms, and the pause as a multiple of what the look took. */
const EVERY = 1_000;
const AT_MOST = 10_000;
const PAUSE = 1_000;

/** What a snapshot asks of earlier ones. */
export type Lens = {
  /** Lines and bytes a second: of an input's `read`, of a destination's `acked` (then without `input`). */
  rate(destination: string, input?: string): Count;
  /** Bytes a second of one generation that are settled. */
  speed(destination: string, gen: string): number;
  /** When the byte at `offset` of a generation was first seen, ms since the epoch. */
  since(gen: string, offset: number): number | undefined;
  /** Another number as soon as `speed` or `since` may say something else. */
  revision(): number;
  health(seen: Seen): Health;
};

export type Observer = {
  /** A fresh snapshot. Throws what the look throws. */
  status(): Status;
  history(): ReturnType<History['points']>;
  /** To be called whenever something may be about to move, before it does. */
  stir(): void;
  close(): void;
};

export type ObserverParts = {
  readonly clock: Clock;
  /** `health_after`, ms. */
  readonly after: () => number;
  readonly look: (lens: Lens) => Status;
  /** Told of every look; undefined where it threw. `stalled`: the agent stands still for no reason that it knows. */
  readonly looked?: ((look: { readonly status: Status; readonly stalled: boolean } | undefined) => void) | undefined;
};

export function createObserver({ clock, after, look, looked }: ObserverParts): Observer {
  const rates = createRates();
  const ages = createAges();
  const history = createHistory();
  let progress: Progress = new Map();
  let cancel: (() => void) | undefined;
  let closed = false;
  /** True while nothing waits and nothing moves, so that there is nothing to be seen before `stir`. */
  let resting = false;
  let revision = 0;
  /** By destination. */
  let speeds = new Map<string, Speeds>();
  let seen: readonly (readonly FileLine[])[] = [];

  const lens: Lens = {
    rate: (destination, input) => rates.of(keyOf(destination, input)),
    speed: (destination, gen) => speeds.get(destination)?.of(gen) ?? 0,
    since: ages.since,
    revision: () => revision,
    health: (seen) => healthOf(progress, seen, clock.ticks(), after()),
  };

  function note(status: Status): void {
    const ticks = clock.ticks();
    progress = progressAfter(progress, status, ticks);
    rates.note(ticks, countersOf(status));
    noteFiles(status, ticks);
    history.note(status);
  }

  function noteFiles(status: Status, ticks: number): void {
    const before = seen;
    seen = status.destinations.flatMap(({ inputs }) => inputs.map(({ files }) => files));
    const moved = moves();
    if (!moved && seen.length === before.length && seen.every((files, at) => files === before[at])) {
      standStill(ticks);
      return;
    }
    const { destinations } = status;
    speeds = new Map(destinations.map(({ name }) => [name, speeds.get(name) ?? createSpeeds()]));
    for (const one of destinations) speeds.get(one.name)!.note(ticks, filesOf([one]));
    if (ages.note(status.agent.now, filesOf(destinations)) || moved || moves()) revision += 1;
  }

  function standStill(ticks: number): void {
    for (const one of speeds.values()) one.noteSame(ticks);
  }

  const moves = (): boolean => [...speeds.values()].some((one) => one.moves());

  function tick(): void {
    if (closed) return;
    const begin = clock.ticks();
    resting = false;
    try {
      const status = look(lens);
      note(status);
      resting = rests(status);
      looked?.({ status, stalled: stalls(progress, status, clock.ticks(), after()) });
    } catch {
      // A state that cannot be read just now is the walk's affair to say; whoever asks for a status is told too.
      looked?.(undefined);
    }
    const pause = resting ? AT_MOST : Math.max(EVERY, (clock.ticks() - begin) * PAUSE);
    cancel = clock.after(Math.min(AT_MOST, pause), tick);
  }

  cancel = clock.after(0, tick);
  return {
    status: () => look(lens),
    history: history.points,
    stir() {
      if (!resting || closed) return;
      resting = false;
      const ticks = clock.ticks();
      progress = nothingWaited(progress, ticks);
      rates.noteSame(ticks);
      standStill(ticks);
      cancel?.();
      cancel = clock.after(EVERY, tick);
    },
    close() {
      closed = true;
      cancel?.();
    },
  };
}

const keyOf = (destination: string, input?: string) => JSON.stringify([destination, input]);

function countersOf({ destinations }: Status): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const { name, inputs } of destinations) {
    let acked: Count = { lines: 0, bytes: 0 };
    for (const input of inputs) {
      const { ledger } = input;
      counts.set(keyOf(name, input.name), ledger.read);
      acked = { lines: acked.lines + ledger.acked.lines, bytes: acked.bytes + ledger.acked.bytes };
    }
    counts.set(keyOf(name), acked);
  }
  return counts;
}

function* filesOf(destinations: Status['destinations']): Generator<FileLine> {
  for (const { inputs } of destinations) for (const { files } of inputs) yield* files;
}
