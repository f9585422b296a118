/** What the log says of a link: one sentence when it goes down, one when it is up again, and none for every try between. */
import type { Log } from '../types.ts';
import { formatDuration } from '../wire/units.ts';

export type Herald = {
  /** A session stands at `address`. */
  up(address: string): void;
  /** The session that stands can be relied upon. */
  proven(): void;
  /** A proven session broke. */
  lost(reason: string): void;
  /** An attempt failed. */
  failed(reason: string): void;
};

/** `target`: the server as configured. `ceiling`: the longest wait between two attempts, ms. */
export function createHerald(parts: { log: Log; ticks: () => number; target: string; ceiling: number }): Herald {
  const { log, ticks, target, ceiling } = parts;
  let before = false;
  let downSince: number | undefined;
  let failures = 0;

  return {
    up(address) {
      if (before || downSince !== undefined) return;
      before = true;
      const at = target.endsWith(`://${address}`) ? '' : ` at ${address}`;
      log.info(`Records go to ${target}${at}.`);
    },
    proven() {
      if (downSince === undefined) return;
      const away = formatDuration(ticks() - downSince);
      const tries = failures === 0 ? '' : ` and ${failures} failed ${failures === 1 ? 'attempt' : 'attempts'}`;
      log.info(`${target} is connected again after ${away}${tries}. What waits for it is sent in order.`);
      before = true;
      downSince = undefined;
      failures = 0;
    },
    lost(reason) {
      downSince = ticks();
      log.warn(
        `The connection to ${target} broke: ${reason}. It is made anew, and what was not acknowledged is sent again.`,
      );
    },
    failed(reason) {
      downSince ??= ticks();
      failures += 1;
      if (failures > 1) return log.debug(`${target} cannot be reached: ${reason}.`);
      log.warn(
        `${target} cannot be reached: ${reason}. Records wait in the spool. It is tried again by itself, at the latest every ${formatDuration(ceiling)}.`,
      );
    },
  };
}
