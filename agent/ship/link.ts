/**
 * The link to a destination's servers: it connects, and connects again. This is the only place that retries. One server is in
 * use at a time: the first of the list that can be reached, and homing.ts leads back to one that comes before it.
 *
 * A session that breaks is followed by an attempt at once. A failed attempt is followed by the next after a growing, random
 * delay up to a ceiling. A session is proven once something has settled on it or it has stood for PROVEN_AFTER; one that breaks
 * before is a failed attempt, so a server that accepts and hangs up is left alone for longer each time.
 */
import pRetry, { AbortError } from 'p-retry';
import type { AckLevel, Target } from '../types.ts';
import { createHerald } from './herald.ts';
import { watchForReturn } from './homing.ts';
import { reasonOf } from './reasons.ts';
import { createRelp } from './relp.ts';
import { createRelps } from './relps.ts';
import { createServer, type Server } from './server.ts';
import { createTcp } from './tcp.ts';
import { createTls } from './tls.ts';
import type { Refusal, Session, SessionEnd, Transport, TransportParts } from './transport.ts';
import { createUdp } from './udp.ts';

/** How long a session must stand before its end is not taken for a failed attempt, ms. */
const PROVEN_AFTER = 2_000;

/** How long a server that is left has to confirm what it got, ms. */
const LEAVE_GRACE = 3_000;

const TRANSPORTS: Record<Target['scheme'], (parts: TransportParts) => Transport> = {
  udp: createUdp,
  tcp: createTcp,
  tls: createTls,
  relp: createRelp,
  relps: createRelps,
};

/** Delays between attempts, ms: the least one, which doubles and is drawn up to twice as long, and the ceiling. */
export type Retry = { readonly least: number; readonly ceiling: number };

export type LinkEvents = {
  /** A session stands. */
  up(session: Session): void;
  settled(batches: number, refused?: readonly Refusal[]): void;
  excess(): number;
  /** The session has ended. What follows is `up`, or `failed`. */
  closed(end: SessionEnd): void;
  /** The session is about to be ended in favour of a better server: nothing more may be written to it. */
  leaving(): void;
  /** An attempt at every server failed, or the session ended before it was proven. The next attempt comes after a delay. */
  failed(reason: string): void;
  /** A message that came back and can be sent as a probe. */
  probe(): Buffer | undefined;
};

export type Link = {
  /** The server in use, or used last. */
  readonly target: Target;
  readonly level: AckLevel;
  start(): void;
  /** Connects no more. A session that stands is left to its owner, and still tells what becomes of it. */
  stop(): void;
  /** When the next attempt begins, ms since the epoch; undefined while one is under way or none is needed. */
  nextTry(): number | undefined;
};

/** `shared`: other servers have links of their own and share the work. */
export type LinkParts = TransportParts & {
  readonly retry: Retry;
  readonly events: LinkEvents;
  readonly shared?: boolean | undefined;
};

/** A session and its fate. `verdict` gives undefined once it is proven, else its end. Both give undefined at stop. */
type Live = {
  readonly server: Server;
  readonly session: Session;
  readonly verdict: Promise<SessionEnd | undefined>;
  readonly ended: Promise<SessionEnd | undefined>;
  /** Ends the session in order, or after LEAVE_GRACE without. What it has not settled is sent to the next one. */
  leave(): void;
};

export function createLink(parts: LinkParts): Link {
  const { clock, events, retry } = parts;
  const servers = parts.link.targets.map((target) => createServer(parts, target, TRANSPORTS[target.scheme]));
  const all = servers.map(({ target }) => target.url).join(', ');
  const herald = createHerald({
    ...{ log: parts.log, ticks: clock.ticks, target: all, ceiling: retry.ceiling, shared: parts.shared ?? false },
  });
  const controller = new AbortController();
  const { signal } = controller;
  let current = servers[0]!;
  let nextTry: number | undefined;
  /** Lets go of whoever waits for the fate of the session that stands. */
  let release = () => {};

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const live = await pRetry(attempt, {
        ...{ retries: Number.POSITIVE_INFINITY, maxRetryTime: Number.POSITIVE_INFINITY, shouldRetry: () => true },
        ...{ factor: 2, minTimeout: retry.least, maxTimeout: retry.ceiling, randomize: true, signal },
        onFailedAttempt({ retryDelay }) {
          nextTry = clock.now() + retryDelay;
        },
      });
      let left = false;
      const unwatch = watchForReturn(servers.slice(0, servers.indexOf(live.server)), clock, (better) => {
        left = true;
        herald.returns(better.target.url);
        live.leave();
      });
      const end = await live.ended;
      unwatch();
      if (end && !left) herald.lost(live.server.target.url, end.reason);
    }
  }

  /** One round over all servers, in the order of the configuration. */
  async function attempt(): Promise<Live> {
    nextTry = undefined;
    const problems: string[] = [];
    for (const server of servers) {
      const live = await reach(server);
      if (typeof live !== 'string') return live;
      const { url } = server.target;
      problems.push(servers.length === 1 ? live : `${url}: ${live}`);
      if (server !== servers.at(-1)) herald.passed(url, live);
    }
    const reason = problems.join('; ');
    herald.failed(reason);
    tell(() => events.failed(reason));
    throw new Error(reason);
  }

  /** A session that has proven itself, or in words why there is none. */
  async function reach(server: Server): Promise<Live | string> {
    let live: Live;
    try {
      live = await open(server);
    } catch (error) {
      signal.throwIfAborted();
      return reasonOf(error);
    }
    if (signal.aborted) live.session.close();
    signal.throwIfAborted();
    current = server;
    tell(() => events.up(live.session));
    herald.up(server.target.url, live.session.address);
    const end = await live.verdict;
    signal.throwIfAborted();
    if (end) return end.reason;
    herald.proven(server.target.url);
    return live;
  }

  async function open(server: Server): Promise<Live> {
    const verdict = Promise.withResolvers<SessionEnd | undefined>();
    const ended = Promise.withResolvers<SessionEnd | undefined>();
    let cancel = () => {};
    let over = false;
    function closed(end: SessionEnd): void {
      if (over) return;
      over = true;
      cancel();
      events.closed(end);
      verdict.resolve(end);
      ended.resolve(end);
    }
    const session = await server.connect(signal, events.probe(), {
      settled(batches, refused) {
        verdict.resolve(undefined);
        events.settled(batches, refused);
      },
      excess: events.excess,
      closed,
    });
    cancel = clock.after(PROVEN_AFTER, () => verdict.resolve(undefined));
    release = () => {
      cancel();
      verdict.resolve(undefined);
      ended.resolve(undefined);
    };
    function leave(): void {
      if (over || signal.aborted) return;
      events.leaving();
      cancel = clock.after(LEAVE_GRACE, () => {
        session.close();
        closed({ orderly: false, reason: 'it was left for a server that comes before it' });
      });
      session.finish();
    }
    return { server, session, verdict: verdict.promise, ended: ended.promise, leave };
  }

  return {
    get target() {
      return current.target;
    },
    get level() {
      return current.level;
    },
    start() {
      run().catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
    stop() {
      controller.abort();
      release();
    },
    nextTry: () => nextTry,
  };
}

/** What goes wrong in a listener is a defect of this program and no failed attempt: it must not be retried but come out. */
function tell(run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new AbortError(error instanceof Error ? error : String(error));
  }
}
