/**
 * The link to one server: it connects, and connects again. This is the only place that retries.
 *
 * A session that breaks is followed by an attempt at once. A failed attempt is followed by the next after a growing, random
 * delay up to a ceiling. A session is proven once something has settled on it or it has stood for PROVEN_AFTER; one that breaks
 * before is a failed attempt, so a server that accepts and hangs up is left alone for longer each time.
 */
import pRetry, { AbortError } from 'p-retry';
import type { AckLevel, Target } from '../types.ts';
import { createHerald } from './herald.ts';
import { reasonOf } from './reasons.ts';
import { createRelp } from './relp.ts';
import { createTcp } from './tcp.ts';
import { createTls } from './tls.ts';
import {
  type Address,
  addressText,
  type Session,
  type SessionEnd,
  type Transport,
  type TransportParts,
} from './transport.ts';
import { createUdp } from './udp.ts';

/** How long a session must stand before its end is not taken for a failed attempt, ms. */
const PROVEN_AFTER = 2_000;

const TRANSPORTS: Partial<Record<Target['scheme'], (parts: TransportParts) => Transport>> = {
  udp: createUdp,
  tcp: createTcp,
  tls: createTls,
  relp: createRelp,
};

/** Delays between attempts, ms: the least one, which doubles and is drawn up to twice as long, and the ceiling. */
export type Retry = { readonly least: number; readonly ceiling: number };

export type LinkEvents = {
  /** A session stands. */
  up(session: Session): void;
  settled(batches: number): void;
  refused(messages: number, reason: string): void;
  excess(): number;
  /** The session has ended. What follows is `up`, or `failed`. */
  closed(end: SessionEnd): void;
  /** An attempt failed, or the session ended before it was proven. The next attempt comes after a delay. */
  failed(reason: string): void;
  /** A message that came back and can be sent as a probe. */
  probe(): Buffer | undefined;
};

export type Link = {
  readonly target: Target;
  readonly level: AckLevel;
  start(): void;
  /** Connects no more. A session that stands is left to its owner, and still tells what becomes of it. */
  stop(): void;
  /** When the next attempt begins, ms since the epoch; undefined while one is under way or none is needed. */
  nextTry(): number | undefined;
};

export type LinkParts = TransportParts & { readonly retry: Retry; readonly events: LinkEvents };

/** A session and its fate. `verdict` gives undefined once it is proven, else its end. Both give undefined at stop. */
type Live = {
  readonly session: Session;
  readonly verdict: Promise<SessionEnd | undefined>;
  readonly ended: Promise<SessionEnd | undefined>;
};

/** Throws an Error with a sentence where the target's scheme has no transport. */
export function createLink(parts: LinkParts): Link {
  const { sockets, clock, events, retry } = parts;
  // The first one. That there may be several is what failover will be made of.
  const target = parts.link.targets[0];
  const create = target && TRANSPORTS[target.scheme];
  if (!create)
    throw new Error(
      `There is no transport for the target ${target?.url ?? '(none)'}: use udp://, tcp://, tls:// or relp://.`,
    );
  const transport = create(parts);
  const herald = createHerald({ log: parts.log, ticks: clock.ticks, target: target.url, ceiling: retry.ceiling });
  const controller = new AbortController();
  const { signal } = controller;
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
      const end = await live.ended;
      if (end) herald.lost(end.reason);
    }
  }

  async function attempt(): Promise<Live> {
    nextTry = undefined;
    let live: Live;
    try {
      live = await reach();
    } catch (error) {
      signal.throwIfAborted();
      return failed(reasonOf(error));
    }
    if (signal.aborted) live.session.close();
    signal.throwIfAborted();
    tell(() => events.up(live.session));
    herald.up(live.session.address);
    const end = await live.verdict;
    signal.throwIfAborted();
    if (end) return failed(end.reason);
    herald.proven();
    return live;
  }

  function failed(reason: string): never {
    herald.failed(reason);
    tell(() => events.failed(reason));
    throw new Error(reason);
  }

  /** Resolves the name again and tries every address in turn. */
  async function reach(): Promise<Live> {
    const { host, port } = target!;
    const problems: string[] = [];
    const addresses = await sockets.lookup(host);
    signal.throwIfAborted();
    for (const found of addresses) {
      const address: Address = { host: found.address, port, family: found.family === 6 ? 6 : 4, name: host };
      try {
        return await open(address);
      } catch (error) {
        signal.throwIfAborted();
        const reason = reasonOf(error);
        problems.push(found.address === host ? reason : `${reason} (${addressText(address)})`);
      }
    }
    throw new Error(problems.join('; ') || 'the name has no address');
  }

  async function open(address: Address): Promise<Live> {
    const verdict = Promise.withResolvers<SessionEnd | undefined>();
    const ended = Promise.withResolvers<SessionEnd | undefined>();
    let cancel = () => {};
    const session = await transport.connect(
      address,
      { signal, probe: events.probe() },
      {
        settled(batches) {
          verdict.resolve(undefined);
          events.settled(batches);
        },
        refused: events.refused,
        excess: events.excess,
        closed(end) {
          cancel();
          events.closed(end);
          verdict.resolve(end);
          ended.resolve(end);
        },
      },
    );
    cancel = clock.after(PROVEN_AFTER, () => verdict.resolve(undefined));
    release = () => {
      cancel();
      verdict.resolve(undefined);
      ended.resolve(undefined);
    };
    return { session, verdict: verdict.promise, ended: ended.promise };
  }

  return {
    target,
    level: transport.level,
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
