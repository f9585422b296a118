/**
 * Health is progress: red when and only when data waits and nothing moves. Pure: what must be remembered between two looks is
 * one small value, and the clock is handed in.
 */
import { formatDuration, formatSize } from '../wire/units.ts';
import type { DestinationStatus, Health, Status } from './status.ts';

/** What health needs of a status. */
export type Seen = Pick<Status, 'destinations' | 'disk'> & { readonly agent: Pick<Status['agent'], 'now'> };

/** By destination: how much was settled, and since when (ms, monotonic) something has waited while that did not grow. */
export type Progress = ReadonlyMap<
  string,
  { readonly settled: Settled; readonly waiting: boolean; readonly since: number }
>;
type Settled = readonly [books: number, acked: number, offsets: number];

/** The spool is called nearly full from this part of its limit on. */
const NEARLY = 0.9;

/** Goes on from the last look to this one, at `ticks` (ms, monotonic). */
export function progressAfter(before: Progress, seen: Seen, ticks: number): Progress {
  return new Map(
    seen.destinations.map((destination) => {
      const settled = settledOf(destination);
      const last = before.get(destination.name);
      const waiting = waits(destination);
      const still = waiting && last?.waiting === true && settled.every((sum, i) => sum <= last.settled[i]!);
      return [destination.name, { settled, waiting, since: still ? last.since : ticks }];
    }),
  );
}

/** The same where nothing waited until `ticks`. */
export function nothingWaited(before: Progress, ticks: number): Progress {
  return new Map([...before].map(([name, one]) => [name, { ...one, since: ticks }]));
}

/** The verdict at `ticks` (ms, monotonic), when standing still for `after` ms is ill. */
export function healthOf(progress: Progress, seen: Seen, ticks: number, after: number): Health {
  const ill: string[] = [];
  const odd: string[] = [];
  for (const destination of seen.destinations) {
    const { name } = destination;
    const still = ticks - (progress.get(name)?.since ?? ticks);
    if (waits(destination) && (destination.state === 'halted' || still >= after)) {
      ill.push(`${name}: ${waitingText(destination)}, and ${stillText(destination, still)}.`);
    } else odd.push(...oddities(destination, seen, after).map((reason) => `${name}: ${reason}.`));
  }
  if (ill.length > 0) return { state: 'unhealthy', reasons: [...ill, ...odd] };
  return { state: odd.length > 0 ? 'degraded' : 'healthy', reasons: odd };
}

/**
 * Whether a destination stands still and nobody knows why: its server is there, lines wait in the files, none is under way, no
 * error was told of late, and yet nothing moves. Then the agent hangs, and beginning anew may help; an outage is never that.
 */
export function stalls(
  progress: Progress,
  status: Seen & Pick<Status, 'errors'>,
  ticks: number,
  after: number,
): boolean {
  const { destinations, agent, errors } = status;
  if (errors.some(({ at }) => agent.now - at < after)) return false;
  return destinations.some(({ name, state, link, underway, inputs }) => {
    const still = ticks - (progress.get(name)?.since ?? ticks);
    const could = state === 'live' && link.state === 'up' && underway.lines === 0;
    return could && still >= after && inputs.some(({ behind }) => behind > 0);
  });
}

/** Whether there is nothing to be seen of any destination until something happens: its server is there, nothing waits, nothing moves. */
export function rests({ destinations }: Pick<Seen, 'destinations'>): boolean {
  return destinations.every((one) => one.link.state === 'up' && one.rate.bytes === 0 && !waits(one));
}

/** What waits in the files and on the wire; rows of the spool wait only for a server that is there. */
function waits({ inputs, underway, spool, link }: DestinationStatus): boolean {
  return inputs.some(({ behind }) => behind > 0) || underway.lines > 0 || (spool.rows > 0 && link.state === 'up');
}

/** Sums that only grow while anything is settled. */
function settledOf({ inputs }: DestinationStatus): Settled {
  const sum = (of: (input: DestinationStatus['inputs'][number]) => number) => inputs.reduce((n, one) => n + of(one), 0);
  return [
    sum(({ ledger }) => ledger.read.bytes - ledger.underway.bytes),
    sum(({ ledger }) => ledger.acked.bytes + Object.values(ledger.dropped).reduce((n, { bytes }) => n + bytes, 0)),
    sum(({ files }) => files.reduce((n, { settled }) => n + settled, 0)),
  ];
}

function waitingText({ inputs, underway, spool }: DestinationStatus): string {
  const behind = inputs.reduce((n, one) => n + one.behind, 0);
  if (behind > 0) return `${formatSize(behind)} wait in the files`;
  if (underway.lines > 0) return `${formatSize(underway.bytes)} are sent and not acknowledged`;
  return `${formatSize(spool.bytes)} wait in the spool`;
}

function stillText({ state, link, spool, disk }: DestinationStatus, still: number): string {
  if (state === 'halted') return 'the destination is halted by a fault of tailship: start the agent again';
  const nothing = `nothing was settled for ${formatDuration(still)}`;
  if (disk !== undefined) return `${nothing}: ${disk.replace(/\.$/, '')}`;
  if (link.state === 'up') return nothing;
  const why = spool.rows > 0 ? `the spool takes no more` : 'the spool does not take it';
  return `${nothing}: ${link.target} is away (${link.problem ?? link.state}), and ${why}`;
}

/** What goes on and wants to be looked at all the same. */
function oddities(destination: DestinationStatus, seen: Seen, after: number): string[] {
  const { state, link, spool, inputs } = destination;
  const { disk, agent } = seen;
  const reasons: string[] = [];
  if (destination.disk !== undefined) reasons.push(destination.disk.replace(/\.$/, ''));
  if (state === 'halted') reasons.push('halted by a fault of tailship; nothing waits for it now');
  else if (link.state === 'down') {
    const age = link.since === undefined ? '' : ` for ${formatDuration(agent.now - link.since)}`;
    const where = destination.full ? 'the spool is full, and the files wait' : 'the spool takes what comes';
    reasons.push(`${link.target} is away${age} (${link.problem ?? 'no reason given'}); ${where}`);
  } else if (spool.oldest !== undefined && agent.now - spool.oldest >= after) {
    reasons.push(
      `the spool drains: ${formatSize(spool.bytes)} left, oldest ${formatDuration(agent.now - spool.oldest)}`,
    );
  }
  if (link.state === 'up')
    reasons.push(
      ...link.servers
        .filter(({ state }) => state === 'down')
        .map((one) => `${one.target} is away (${one.problem ?? 'no reason given'}); the others take its share`),
    );
  if (spool.rows > 0 && disk.used >= disk.limit * NEARLY)
    reasons.push(`the spool is nearly full: ${formatSize(disk.used)} of ${formatSize(disk.limit)}`);
  const blind = inputs.flatMap(({ files }) => files.filter((file) => file.state === 'unreadable'));
  if (blind[0]) {
    const more = blind.length > 1 ? ` and ${blind.length - 1} more` : '';
    reasons.push(`${blind[0].path}${more} cannot be read: ${blind[0].note ?? 'no reason given'}`);
  }
  return reasons;
}
