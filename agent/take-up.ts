/** How a destination's walk is taken up: a place in the files and a shaper for every input, and a link. */
import { largestChunk } from './follow.ts';
import { createRecent } from './ops/recent.ts';
import { createOwnWriter, type OwnWriter } from './shape/own.ts';
import { createShaping } from './shaping.ts';
import { createShipping } from './ship/balance.ts';
import type { Shipper } from './ship/shipper-types.ts';
import { realSockets } from './ship/sockets.ts';
import type { DestinationConfig, InputConfig } from './types.ts';
import type { House, Walk, WalkInput } from './walk.ts';

/** Builds one destination's walk: a shaper and a place in the files for every input, and a link. */
export function createWalk(house: House, destination: DestinationConfig): Walk {
  const walk = {
    destination,
    inputs: house.config.inputs.map((input) => takeUp(house, destination, input)),
    lastRow: 0,
    furthest: 0,
    progress: 0,
    held: [],
    settled: [],
    refused: false,
    full: false,
    enough: largestChunk(house.store),
    turn: 0,
    recent: createRecent(),
    fault: undefined,
    away: false,
    refusal: undefined,
    own: ownWriter(house, destination),
    nextMark: house.parts.clock.ticks() + (destination.record.mark ?? 0),
  };
  return Object.assign(walk, { shipper: connect(walk, house) });
}

export function ownWriter({ config }: House, { record }: DestinationConfig): OwnWriter {
  // Draining by hand reads no files, and has no inputs.
  const [first] = config.inputs;
  return createOwnWriter(record, first?.name ?? 'input', first?.transform.timezone ?? 'UTC');
}

/** An input from its checkpoints on. */
export function takeUp(
  { tails, parts, bell, thread, store }: House,
  destination: DestinationConfig,
  input: InputConfig,
): WalkInput {
  const { name, record } = destination;
  const warn = (sentence: string) => parts.log.warn('pattern-set-aside', sentence, { destination: name });
  const whole = tails.get(input.name)!;
  const shaping = createShaping({
    ...{ input, record, warn, bell, thread, enough: largestChunk(store) },
    walk: (opened, closed) => whole.walk(name, opened, closed),
  });
  const { tail } = shaping;
  const leave = () => {
    shaping.leave();
    whole.leave(tail);
  };
  return { name: input.name, tail, shaping, leave };
}

/** A new link. What a broken one gives back is older than all else in our hands; spool rows are still in the spool. */
export function connect(walk: Omit<Walk, 'shipper'>, { parts, bell }: House): Shipper {
  walk.lastRow = 0;
  const shipper = createShipping({
    ...{ link: walk.destination.link, sockets: parts.sockets ?? realSockets, clock: parts.clock, log: parts.log },
    events: {
      changed: bell.ring,
      settled(sent) {
        walk.settled.push(...sent);
        walk.refused ||= sent.some(({ refused }) => refused !== undefined);
        bell.ring();
      },
      down(unsettled) {
        walk.lastRow = 0;
        walk.held.unshift(...unsettled);
        walk.refused ||= unsettled.some(({ refused }) => refused !== undefined);
        bell.ring();
      },
    },
  });
  shipper.start();
  return {
    ...shipper,
    send(sent) {
      walk.recent.note(sent.batch, parts.clock.now());
      shipper.send(sent);
    },
  };
}

/** Connects once more where links broke before the servers had everything; after `pause` ms, for a server may hang up each time. */
export async function connectAgain(walks: readonly Walk[], house: House, pause: number): Promise<void> {
  const { clock, log } = house.parts;
  for (const { destination, shipper } of walks) {
    const { target, problem } = shipper.status();
    const broke = `The connection to ${target} broke: ${problem}.`;
    const what = 'It is made anew, and what was not acknowledged is sent again.';
    if (problem !== undefined) log.warn('connection-broken', `${broke} ${what}`, { destination: destination.name });
  }
  await new Promise<void>((resolve) => clock.after(pause, resolve));
  for (const walk of walks) walk.shipper = connect(walk, house);
}
