/** What the agent is to a shipper: it sends while there is room, and holds what comes back until the link is up again. */
import type { TestContext } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';
import { createShipper } from '../../agent/ship/shipper.ts';
import type { Shipper } from '../../agent/ship/shipper-types.ts';
import { realSockets } from '../../agent/ship/sockets.ts';
import type { LinkConfig, Sent, Tally, Target } from '../../agent/types.ts';
import { createKeptLog, type KeptLog, linkOf, messagesOf, sentOf } from './parts.ts';
import { recordOf } from './servers.ts';

export type Carrier = {
  readonly shipper: Shipper;
  readonly log: KeptLog;
  /** Offers `count` records more, `each` to a batch. */
  offer(count: number, each: number): void;
  readonly offered: number;
  /** The numbers of the settled records, in the order in which they settled. */
  readonly settled: number[];
  /** Those of them that the server refused for good. */
  readonly refused: number[];
  /** How many records settled that were on the wire before. */
  readonly repeated: number;
  /** Why the link went down, and the numbers of the records that came back each time. */
  readonly downs: { readonly reason: string; readonly back: number[] }[];
  readonly states: string[];
};

const numbersOf = (sent: readonly Sent[]) => messagesOf(sent).map((message) => Number(/^<13>(\d+)/.exec(message)?.[1]));

export function startCarrier(
  t: TestContext,
  target: Target,
  changes: Partial<LinkConfig> & { recordBytes?: number } = {},
): Carrier {
  const { recordBytes = 100, ...link } = changes;
  const log = createKeptLog();
  const held: Sent[] = [];
  const settled: number[] = [];
  const refused: number[] = [];
  const downs: Carrier['downs'] = [];
  const states: string[] = [];
  /** Which records a batch was made of: over RELP it comes back without those that were answered, and with all its tally. */
  const madeOf = new Map<Tally, number[]>();
  let offered = 0;
  let repeated = 0;

  function carry(): void {
    while (held.length > 0 && shipper.link() === 'up' && shipper.room() > 0) shipper.send(held.shift()!);
  }
  const shipper = createShipper({
    link: linkOf(target, { linger: 100, window: 2 ** 20, ...link }),
    ...{ sockets: realSockets, clock: realClock, log, retry: { least: 10, ceiling: 100 } },
    events: {
      changed() {
        states.push(shipper.link());
        carry();
      },
      settled(sent) {
        for (const one of sent) if (one.again) repeated += one.batch.ends.length;
        for (const { batch } of sent) settled.push(...(madeOf.get(batch.tally) ?? []));
        for (const one of sent) {
          if (one.refused) refused.push(...numbersOf([{ ...one, batch: { ...one.batch, ...one.refused } }]));
        }
        carry();
      },
      down(unsettled, reason) {
        downs.push({ reason, back: numbersOf(unsettled) });
        held.unshift(...unsettled);
      },
    },
  });
  t.after(() => shipper.stop(0));
  shipper.start();
  return {
    ...{ shipper, log, settled, refused, downs, states },
    get offered() {
      return offered;
    },
    get repeated() {
      return repeated;
    },
    offer(count, each) {
      for (const end = offered + count; offered < end; ) {
        const size = Math.min(each, end - offered);
        const sent = sentOf(Array.from({ length: size }, (_, i) => recordOf(offered + i, recordBytes)));
        madeOf.set(sent.batch.tally, numbersOf([sent]));
        held.push(sent);
        offered += size;
      }
      carry();
    },
  };
}
