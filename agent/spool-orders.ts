/** What is done to the spool by hand, whether the agent does it for somebody at its control socket or a command on its own. */
import * as z from 'zod/mini';
import type { Matched, SpoolFilter } from './store/rows.ts';
import type { Store } from './store/store.ts';
import type { Log } from './types.ts';
import { formatSize } from './wire/units.ts';

const FILTER = z.strictObject({
  refused: z.optional(z.boolean()),
  destinations: z.optional(z.array(z.string())),
  input: z.optional(z.string()),
  before: z.optional(z.number()),
});

/** By verb: does it, says so in the log of whoever does it, and gives what it was done to. Throws StoreProblem. */
export const BY_HAND = { drop: dropByHand, retry: retryByHand } as const;

/** What a POST to `/spool/drop` and `/spool/retry` does: takes a SpoolFilter as JSON and gives as JSON what it was done to. */
export function ordersFor(
  store: Store,
  log: Log,
  wake: () => void,
): Readonly<Record<string, (body: string) => string>> {
  const verbs = Object.entries(BY_HAND).map(([verb, carryOut]) => [
    `/spool/${verb}`,
    (body: string) => {
      const done = carryOut(store, log, FILTER.parse(JSON.parse(body)));
      wake();
      return JSON.stringify(done);
    },
  ]);
  return Object.fromEntries(verbs);
}

function dropByHand(store: Store, log: Log, filter: SpoolFilter): Matched {
  const dropped = store.drop(filter);
  if (dropped.rows > 0)
    log.answer.warn(
      'dropped-by-hand',
      `${whose(dropped, filter)} were dropped from the spool by hand. They are counted, and will not be sent.`,
    );
  return dropped;
}

function retryByHand(store: Store, log: Log, filter: SpoolFilter): Matched {
  const retried = store.retry(filter);
  if (retried.rows > 0) log.answer.info(`${whose(retried, filter)}, refused before, are sent once more.`);
  return retried;
}

function whose({ lines, bytes }: Matched, { destinations }: SpoolFilter): string {
  return `${lines} lines (${formatSize(bytes)}) for ${destinations?.join(', ') ?? 'all destinations'}`;
}
