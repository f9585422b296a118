/** Dropping from the spool by hand, whether the agent does it for somebody at its control socket or a command on its own. */
import { z } from 'zod';
import type { Matched, SpoolFilter } from './store/rows.ts';
import type { Store } from './store/store.ts';
import type { Log } from './types.ts';
import { formatSize } from './wire/units.ts';

const ORDER = z.strictObject({
  destinations: z.array(z.string()).optional(),
  input: z.string().optional(),
  before: z.number().optional(),
});

/** What `POST /spool/drop` does: takes a SpoolFilter as JSON and gives what was dropped as JSON. */
export function orderedDrop(store: Store, log: Log, body: string): string {
  return JSON.stringify(dropByHand(store, log, ORDER.parse(JSON.parse(body))));
}

/** Drops, and says so in the log of whoever does it. Throws StoreProblem. */
export function dropByHand(store: Store, log: Log, filter: SpoolFilter): Matched {
  const dropped = store.drop(filter);
  const whose = filter.destinations?.join(', ') ?? 'all destinations';
  if (dropped.rows > 0)
    log.warn(
      'dropped-by-hand',
      `${dropped.lines} lines (${formatSize(dropped.bytes)}) for ${whose} were dropped from the spool by hand. They are counted, and will not be sent.`,
    );
  return dropped;
}
