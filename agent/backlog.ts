/** How far the agent is with what waited when it started: in the files and in the spool, for all destinations whose server is there. */
import type { Progress } from './ops/progress.ts';
import type { DestinationStatus, Status } from './ops/status.ts';
import { formatDuration, formatSize } from './wire/units.ts';

/** Less than so many bytes is no backlog: that much is under way at any time. */
const LITTLE = 2 ** 20;
/** So long after the start the files are known, ms. */
const KNOWN_AFTER = 3_000;

/**
 * Gives what is to be told of each look at the agent. With `once` that is progress until the end; else until the backlog is shipped,
 * which is said with `say` where it took long.
 */
export function followBacklog(
  progress: Progress,
  once: boolean,
  say: (sentence: string) => void,
): (status: Status) => void {
  const before = new Map<string, number>();
  let over = false;
  return ({ agent, destinations }) => {
    if (over) return;
    for (const one of destinations) if (!before.has(one.name)) before.set(one.name, doneBy(one));
    const here = once ? destinations : destinations.filter(({ link }) => link.state === 'up');
    const done = sum(here, (one) => doneBy(one) - before.get(one.name)!);
    const left = sum(here, leftFor);
    const age = agent.now - agent.started;
    over = !once && age >= KNOWN_AFTER && left < LITTLE && isAtRest(destinations);
    if (!over) {
      if (done + left > 0) progress.tell(done / (done + left), done);
    } else if (progress.end())
      say(`What waited at the start is shipped: ${formatSize(done)} in ${formatDuration(age)}.`);
  };
}

/** What a server that is away leaves in the files goes to the spool first. */
const isAtRest = (destinations: readonly DestinationStatus[]): boolean =>
  destinations.every(({ link, inputs }) => link.state === 'up' || sum(inputs, ({ behind }) => behind) < LITTLE);

function doneBy({ ledger }: DestinationStatus): number {
  return ledger.acked.bytes + ledger.filtered.bytes + sum(Object.values(ledger.dropped), ({ bytes }) => bytes);
}

const leftFor = ({ inputs, spool }: DestinationStatus): number => spool.bytes + sum(inputs, ({ behind }) => behind);

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
