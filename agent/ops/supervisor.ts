/**
 * What a service manager is told of the agent, by systemd's protocol (sd_notify(3)): ready, reloading, stopping, a status in words,
 * and while the agent makes progress a sign of life now and then. An agent that hangs gives none, and systemd ends it.
 */
import type { Clock, Log } from '../types.ts';
import { wordsOf } from '../wire/words.ts';

/** How long `ready` waits for the first word of every link, ms: a server that answers to nobody must not make a start fail. */
const PATIENCE = 10_000;
/** The least time between two changes of the status in words, ms. */
const SELDOM = 5_000;
/** How often it is looked whether something is to be said, ms. */
const EVERY = 1_000;
/** A sign of life comes so often within the time that the manager waits for one. */
const SIGNS = 4;

export type Supervisor = {
  /** To be called in every round of the agent's loop. `connecting`: a link has not had an outcome yet. */
  round(connecting: boolean): void;
  /**
   * The newest look at the agent: its status in words, and whether it stands still without a reason. Undefined: it could not be
   * looked at.
   */
  seen(look: { readonly words: string; readonly stalled: boolean } | undefined): void;
  /** A new configuration is about to be read; `answered` follows. */
  reloading(): void;
  answered(): void;
  stopping(): void;
  /** Says nothing any more; resolves when what was said is with the manager, or could not be brought there. */
  close(): Promise<void>;
};

export type SupervisorParts = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Log;
  /** CLOCK_MONOTONIC in µs, which systemd compares with its own. */
  readonly monotonic: () => bigint;
  /** Brings assignments such as `READY=1` to the manager; rejects with the reason where that is not possible. */
  readonly send: (assignments: readonly string[]) => Promise<void>;
};

/** Undefined where no service manager asked to be told. */
export function createSupervisor(parts: SupervisorParts): Supervisor | undefined {
  const { env, clock, log, monotonic } = parts;
  if (!env.NOTIFY_SOCKET) return undefined;
  const patience = signOfLife(parts);
  const begun = clock.ticks();
  let since = begun;
  let lastRound = begun;
  let ready = false;
  let busy = false;
  let over = false;
  let look: Parameters<Supervisor['seen']>[0];
  let shown: string | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;
  let signAt = begun;
  let queue: Promise<void> = Promise.resolve();
  let cancel: (() => void) | undefined;

  function say(...assignments: string[]): void {
    queue = queue
      .then(() => parts.send(assignments))
      .catch((problem: unknown) => {
        const reason = wordsOf(problem);
        log.warn(
          'manager-deaf',
          `systemd could not be told ${assignments[0]}: ${reason}. It may take this agent for one that does not start, or hangs. ` +
            'Install systemd-notify (it comes with systemd), or set Type=exec and WatchdogSec=0 in the unit.',
        );
      });
  }

  function status(): string[] {
    const words = look?.words;
    if (words === undefined || words === shown) return [];
    shown = words;
    shownAt = clock.ticks();
    return [`STATUS=${words.replaceAll('\n', ' ')}`];
  }

  /** A loop that turns and does not stand still for no reason. The timer itself proves that nothing blocks the process. */
  const alive = () => patience !== undefined && clock.ticks() - lastRound < patience / 2 && look?.stalled !== true;

  function tick(): void {
    if (over) return;
    const now = clock.ticks();
    if (ready && patience !== undefined && now - signAt >= patience / SIGNS && alive()) {
      signAt = now;
      say('WATCHDOG=1', ...status());
    } else if (ready && now - shownAt >= SELDOM) {
      const words = status();
      if (words.length > 0) say(...words);
    }
    cancel = clock.after(EVERY, tick);
  }

  cancel = clock.after(EVERY, tick);
  return {
    round(connecting) {
      lastRound = clock.ticks();
      if (ready || busy || over || (connecting && lastRound - since < PATIENCE)) return;
      ready = true;
      signAt = lastRound;
      say('READY=1', ...status());
    },
    seen(next) {
      look = next;
    },
    reloading() {
      if (over) return;
      busy = true;
      ready = false;
      say('RELOADING=1', `MONOTONIC_USEC=${monotonic()}`);
    },
    answered() {
      busy = false;
      since = clock.ticks();
    },
    stopping() {
      if (over) return;
      over = true;
      say('STOPPING=1', 'STATUS=Stopping: what is under way is delivered or spooled.');
    },
    async close() {
      over = true;
      cancel?.();
      await queue;
    },
  };
}

/** The time within which systemd wants a sign of life, ms; undefined where it wants none of this process. */
function signOfLife({ env, pid }: SupervisorParts): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = env;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return undefined;
  const usec = /^\d{1,15}$/.test(WATCHDOG_USEC ?? '') ? Number(WATCHDOG_USEC) : 0;
  return usec > 0 ? usec / 1000 : undefined;
}
