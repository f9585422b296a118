/**
 * What every transport is to the link: one file a transport, one suite of tests for all of them.
 *
 * A session is one connection, from connect to close. It takes batches in order and says how many of them, the oldest, are
 * settled; what settles a batch is the transport's own matter. It never retries: when it ends, all that it has not settled is
 * the link's again.
 */
import type { AckLevel, Batch, Clock, LinkConfig, Log, Refused } from '../types.ts';
import type { Family, Sockets } from './sockets.ts';

/** One address of a server. */
export type Address = {
  readonly host: string;
  readonly port: number;
  readonly family: Family;
  /** The server as configured, which is what its certificate must be for; `host` where it is left out. */
  readonly name?: string;
};

/** How a session ended. `orderly`: the peer's own close proved that it has everything. `reason` reads on after a colon. */
export type SessionEnd = { readonly orderly: boolean; readonly reason: string };

/** What of a batch was refused for good; `at` counts the batches that settle with it, from 0. */
export type Refusal = Refused & { readonly at: number };

/** What a session tells and asks. Nothing is called before `connect` has resolved, nothing after `closed` or `close()`. */
export type SessionEvents = {
  /** So many more batches are settled: the oldest that are not. Of each at most one refusal tells what was not delivered. */
  settled(batches: number, refused?: readonly Refusal[]): void;
  /** Called once, unless `close()` came first. */
  closed(end: SessionEnd): void;
  /** How many bytes must settle until the window has room again; 0 while it is not full. */
  excess(): number;
};

export type Session = {
  /** `192.0.2.1:514`, `[2001:db8::1]:514`. */
  readonly address: string;
  /** Takes a batch that holds at least one message. It leaves at once if the line is free. */
  write(batch: Batch): void;
  /** How many of the batches taken so far were put on the wire, whole or in part. */
  begun(): number;
  /**
   * The batches taken and not settled, in order, each without the messages that are dealt with already. Asked when the session
   * has ended. Absent where a transport knows of whole batches only.
   */
  left?(): readonly Batch[];
  /** Sends what was taken, half-closes, and waits for the peer's close, which ends the session. Nothing is written after it. */
  finish(): void;
  /** Ends the session at once and calls nothing any more. */
  close(): void;
};

type Attempt = {
  /** Aborted at stop. */
  readonly signal: AbortSignal;
  /** A message that came back. A transport whose connect proves nothing sends it first and waits whether it comes back again. */
  readonly probe: Buffer | undefined;
};

export type Transport = {
  readonly level: AckLevel;
  /** Resolves with a session that is ready to be written to. Rejects with an Error whose message reads on after a colon. */
  connect(address: Address, attempt: Attempt, events: SessionEvents): Promise<Session>;
};

export type TransportParts = {
  readonly link: LinkConfig;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly log: Log;
};

/** What one batch takes of the window in bytes: its messages, and what it costs to keep even the smallest. */
export function costOf(batch: Batch): number {
  return batch.payload.length + BATCH_OVERHEAD;
}
const BATCH_OVERHEAD = 512;

export function addressText({ host, port, family }: Address): string {
  return family === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
