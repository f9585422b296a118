/** What a protocol's server is handed, and what it gives: one listener for each bound address. */
import type { Clock } from '../types.ts';
import type { Fault } from '../wire/framing.ts';

/** What takes the messages: see intake.ts. */
export type Taker = {
  chunk(bytes: Buffer): void;
  take(bytes: Buffer, start: number, end: number, fault: Fault | undefined): void;
  brokeOff(): void;
};

/** Files in PEM. `ca`: a client must show a certificate that is signed by an authority in it. */
export type ListenTls = {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
};

export type ListenerParts = {
  readonly taker: Taker;
  /** Resolves when all that was taken so far is written: true; or cannot be: false. */
  readonly written: () => Promise<boolean>;
  readonly clock: Clock;
  /** Largest message in bytes. */
  readonly limit: number;
  /** What TLS is set up with; undefined where nothing was given. */
  readonly tls?: ListenTls | undefined;
  /** Says a sentence to the operator. */
  readonly say: (sentence: string) => void;
};

/** One bound address. */
export type Listener = {
  /** With the real port. */
  readonly url: string;
  /** Stops and goes on taking from the network, where the protocol can hold its senders up. */
  pause(yes: boolean): void;
  /** Takes what is still coming in for a moment, then lets go. */
  close(): Promise<void>;
};
