/** What the log says of a link: one sentence when it goes down, one when it is up again, and none for every try between. */
import type { Log } from '../types.ts';
import { formatDuration } from '../wire/units.ts';

export type Herald = {
  /** A session stands at `address` of the server `url`. */
  up(url: string, address: string): void;
  /** The session that stands can be relied upon. */
  proven(url: string): void;
  /** A proven session broke. */
  lost(url: string, reason: string): void;
  /** A server cannot be reached, and the next one is tried. */
  passed(url: string, reason: string): void;
  /** A server before the one in use is back for good. */
  returns(url: string): void;
  /** An attempt failed: no server can be reached. */
  failed(reason: string): void;
};

/** `target`: the servers as configured. `ceiling`: the longest wait between two attempts, ms. `shared`: other links share the work. */
export function createHerald(parts: {
  log: Log;
  ticks: () => number;
  target: string;
  ceiling: number;
  shared: boolean;
}): Herald {
  const { log, ticks, target, ceiling, shared } = parts;
  let before = false;
  let downSince: number | undefined;
  let failures = 0;
  /** The server that was relied upon last, and those that were passed over since they were. */
  let last: string | undefined;
  const passed = new Set<string>();

  return {
    up(url, address) {
      if (before || downSince !== undefined) return;
      before = true;
      const at = url.endsWith(`://${address}`) ? '' : ` at ${address}`;
      log.info(`Records go to ${url}${at}.`);
    },
    proven(url) {
      passed.delete(url);
      const moved = last !== undefined && last !== url;
      last = url;
      if (moved) log.warn('server-changed', `Records go to ${url} now.`);
      if (downSince === undefined) return;
      const away = formatDuration(ticks() - downSince);
      const tries = failures === 0 ? '' : ` and ${failures} failed ${failures === 1 ? 'attempt' : 'attempts'}`;
      const next = shared ? 'It takes its share again.' : 'What waits for it is sent in order.';
      if (!moved) log.info(`${url} is connected again after ${away}${tries}. ${next}`);
      before = true;
      downSince = undefined;
      failures = 0;
    },
    lost(url, reason) {
      downSince = ticks();
      log.warn(
        'connection-broken',
        `The connection to ${url} broke: ${reason}. It is made anew, and what was not acknowledged is sent again.`,
      );
    },
    passed(url, reason) {
      const sentence = `${url} cannot be reached: ${reason}. The next server is tried.`;
      if (passed.has(url)) log.debug(sentence);
      else log.warn('server-skipped', sentence);
      passed.add(url);
    },
    returns: (url) => log.info(`${url} can be reached again, and has been for a while: records go back to it.`),
    failed(reason) {
      downSince ??= ticks();
      failures += 1;
      if (failures > 1) return log.debug(`${target} cannot be reached: ${reason}.`);
      const wait = shared
        ? 'The servers that are up take its share; without one records wait in the spool.'
        : 'Records wait in the spool.';
      log.warn(
        'server-away',
        `${target} cannot be reached: ${reason}. ${wait} It is tried again by itself, at the latest every ${formatDuration(ceiling)}.`,
      );
    },
  };
}
