/** A shipper from without: what it is made of, what it tells, and what can be asked of it. */
import type { AckLevel, Clock, LinkConfig, Log, Sent } from '../types.ts';
import type { Buckets } from './bucket.ts';
import type { Retry } from './link.ts';
import type { Sockets } from './sockets.ts';

export type LinkState = 'connecting' | 'up' | 'down';

type ShipperEvents = {
  /** The link's state has changed, or nothing that was sent waits for `rate` any more. */
  changed(): void;
  /** Settled in the order of sending; all that settles at once comes in one call, and never from within `send`. */
  settled(sent: readonly Sent[]): void;
  /**
   * The link goes down, and everything unsettled is handed back in order: it is no longer in the shipper's hands. What was on
   * the wire is marked `again`. `link()` says `connecting` until this returns.
   */
  down(unsettled: readonly Sent[], reason: string): void;
};

export type ShipperParts = {
  readonly link: LinkConfig;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: ShipperEvents;
  /** Delays between attempts; 200 ms to 10 s where not given. */
  readonly retry?: Retry | undefined;
  /** Of several servers that share the work: what goes by one `rate`, and how many bytes must settle for all to have room again. */
  readonly buckets?: Buckets;
  readonly excess?: () => number;
  readonly shared?: boolean;
};

/** Times in ms since the epoch. */
export type ServerStatus = {
  readonly state: LinkState;
  /** When this state began. */
  readonly since: number;
  /** The server as configured, and the address in use or used last. */
  readonly target: string;
  readonly address: string | undefined;
  readonly level: AckLevel;
  /** When the next attempt begins, where one is waited for. */
  readonly nextTry: number | undefined;
  /** What went wrong last, in words. */
  readonly problem: string | undefined;
};

type LinkStatus = ServerStatus & {
  /** Each server, where they share the work. */
  readonly servers?: readonly ServerStatus[];
  /** Messages given to a session since the start, how many of them were on the wire before, and those that cannot be carried. */
  readonly messages: { readonly sent: number; readonly repeated: number; readonly refused: number };
  /** What is sent and not settled, in order. Good until the next turn of the event loop. */
  readonly underway: readonly Sent[];
};

export type Shipper = {
  link(): LinkState;
  /**
   * Bytes of the window that are left; not positive when it is full, or when what was sent waits for `rate`. It may be overdrawn
   * by one batch.
   */
  room(): number;
  /** The oldest batch that waits for `rate` or `drain_rate`, if any does. */
  waiting(): Sent | undefined;
  /** Takes a batch. One without messages settles when everything before it is settled. */
  send(sent: Sent): void;
  start(): void;
  /**
   * Sends what was taken, half-closes and waits for the server's proof, for `graceMs` at most and not at all when the link is
   * not up. Gives what stayed unsettled; what was on the wire is marked `again`. Nothing is called after it has resolved.
   */
  stop(graceMs: number): Promise<readonly Sent[]>;
  status(): LinkStatus;
};

/** A shipper that has one link. */
export type SingleShipper = Shipper & {
  /** While the link is not up: takes back everything unsettled, as `down` would. */
  reclaim(): readonly Sent[];
};
